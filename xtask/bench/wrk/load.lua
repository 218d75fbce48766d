-- What wrk sends for `cargo xtask bench`, and how it tells what came of it. Settings come from the environment, so that no key stands
-- on a command line:
--   BENCH_WORK   same: one request again and again; any: keys at random; create: a new client each time; pages: pages at random;
--                sms: a message to another recipient each time; invoice: another invoice each time, of the clients in turn;
--                form: one form again and again; bearer: one request with an access token again and again;
--                purchases: authorizations, and their captures
--   BENCH_KEY    the key, or the access token (all but any, invoice and form); of purchases the one that captures
--   BENCH_KEYS   a file of keys, one a line, each of 36 characters (any, invoice), or of accounts with an access token behind a space (purchases)
--   BENCH_PAGES  a file of addresses, one a line: path and query, and behind a space a key of its own, if any (pages)
--   BENCH_SEED   where the random choice begins (any, pages)
--   BENCH_BODY   the body, with the marks below for what differs from request to request (create, sms, invoice, purchases), or the form (form)
--   BENCH_FIRST  the business codes, the recipients, the numbers or the accounts begin behind this one (create, sms, invoice, purchases)
--   BENCH_CAPTURE   the body of a capture; empty to authorize only (purchases)
--   BENCH_IN_A_ROW  so many authorizations in a row are on the same account (purchases)

local KEY_LINE = 37
local KEY = string.rep("#", KEY_LINE - 1) -- stands for a key
local BASE, CHECK = "#BASE##", "#" -- seven digits, and the check digit
local A_THREAD = 1000000 -- business codes, recipients or numbers for each thread
local ACCOUNT = "#ACCOUNT#"
local AUTHORIZATION = "#AUTHORIZATION#" -- its identifier in the address of its capture
local WEIGHTS = { 7, 9, 10, 5, 8, 4, 2 }

local threads = {}

function setup(thread)
  thread:set("number", #threads)
  threads[#threads + 1] = thread
end

-- What the answers say that was moved, with finance charges, in cents.
MOVED = { "authorizations", "authorized", "captures", "captured" }
for _, name in ipairs(MOVED) do _G[name] = 0 end

-- The next number of seven digits that has a check digit, and the digit: a Finnish business code, modulo 11.
local function code_after(base)
  while true do
    base = base + 1
    local sum, rest = 0, base
    for i = 7, 1, -1 do
      sum = sum + WEIGHTS[i] * (rest % 10)
      rest = math.floor(rest / 10)
    end
    local remainder = sum % 11
    if remainder == 0 then return base, 0 end
    if remainder > 1 then return base, 11 - remainder end
  end
end

-- The text in parts: what stands before, between and behind the marks.
local function split(text, mark)
  local parts, from = {}, 1
  while true do
    local first, last = text:find(mark, from, true)
    parts[#parts + 1] = text:sub(from, (first or 0) - 1)
    if not first then return parts end
    from = last + 1
  end
end

local makers = {}

-- Without a function `request` wrk sends the one it made at the start, which costs it least.
function makers.same()
  wrk.headers["X-Api-Key"] = os.getenv("BENCH_KEY")
end

function makers.form()
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  wrk.body = os.getenv("BENCH_BODY")
end

function makers.bearer()
  wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_KEY")
  wrk.headers["x-reference-id"] = "8848372d-8457-4ca4-9da9-673f1cdd6684"
end

function makers.any()
  local file = assert(io.open(os.getenv("BENCH_KEYS"), "rb"))
  local keys = file:read("*a")
  file:close()
  local count = math.floor(#keys / KEY_LINE)
  math.randomseed(tonumber(os.getenv("BENCH_SEED")) + number)
  wrk.headers["X-Api-Key"] = KEY
  local parts = split(wrk.format(), KEY)
  function request()
    local at = math.random(0, count - 1) * KEY_LINE
    return parts[1] .. keys:sub(at + 1, at + KEY_LINE - 1) .. parts[2]
  end
end

function makers.create()
  wrk.headers["X-Api-Key"] = os.getenv("BENCH_KEY")
  wrk.headers["Content-Type"] = "application/json"
  local body = os.getenv("BENCH_BODY")
  local plain, joined = BASE .. "-" .. CHECK, BASE .. CHECK
  -- The business code has the hyphen, the VAT number has not.
  local whole = wrk.format("POST", nil, nil, body)
  local code = split(whole, plain)
  local vat = split(code[2], joined)
  local base, check = tonumber(os.getenv("BENCH_FIRST")) + number * A_THREAD, 0
  function request()
    base, check = code_after(base)
    local text = string.format("%07d", base)
    return code[1] .. text .. "-" .. check .. vat[1] .. text .. check .. vat[2]
  end
end

-- The requests are made before the load begins.
function makers.pages()
  local requests = {}
  for line in io.lines(os.getenv("BENCH_PAGES")) do
    local address, key = line:match("^(%S+) ?(%S*)$")
    wrk.headers["X-Api-Key"] = key ~= "" and key or os.getenv("BENCH_KEY")
    requests[#requests + 1] = wrk.format("GET", address)
  end
  math.randomseed(tonumber(os.getenv("BENCH_SEED")) + number)
  function request()
    return requests[math.random(#requests)]
  end
end

function makers.sms()
  wrk.headers["X-Api-Key"] = os.getenv("BENCH_KEY")
  wrk.headers["Content-Type"] = "application/json"
  local parts = split(wrk.format("POST", nil, nil, os.getenv("BENCH_BODY")), BASE)
  local base = tonumber(os.getenv("BENCH_FIRST")) + number * A_THREAD
  function request()
    base = base + 1
    return parts[1] .. string.format("%07d", base) .. parts[2]
  end
end

function makers.invoice()
  wrk.headers["X-Api-Key"] = KEY
  wrk.headers["Content-Type"] = "application/json"
  -- The headers stand before the body, whatever their order.
  local whole = split(wrk.format("POST", nil, nil, os.getenv("BENCH_BODY")), KEY)
  local parts = split(whole[2], BASE)
  local heads = {}
  for key in io.lines(os.getenv("BENCH_KEYS")) do
    heads[#heads + 1] = whole[1] .. key .. parts[1]
  end
  local base = tonumber(os.getenv("BENCH_FIRST")) + number * A_THREAD
  function request()
    base = base + 1
    return heads[base % #heads + 1] .. string.format("%07d", base) .. parts[2]
  end
end

-- The amount of a member of a JSON object, in cents.
local function cents(body, name)
  return math.floor(tonumber(body:match('"' .. name .. '":([%d.]+)')) * 100 + 0.5)
end

-- A connection is not told from another here: each capture is sent by the first that is free.
function makers.purchases()
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["x-reference-id"] = "8848372d-8457-4ca4-9da9-673f1cdd6684"
  local requests, held = {}, {}
  local body, capture = split(os.getenv("BENCH_BODY"), ACCOUNT), os.getenv("BENCH_CAPTURE")
  for line in io.lines(os.getenv("BENCH_KEYS")) do
    local account, token = line:match("^(%S+) (%S+)$")
    wrk.headers["Authorization"] = "Bearer " .. token
    requests[#requests + 1] = wrk.format("POST", nil, nil, body[1] .. account .. body[2])
  end
  wrk.headers["Authorization"] = "Bearer " .. os.getenv("BENCH_KEY")
  local parts = split(wrk.format("POST", wrk.path .. "/" .. AUTHORIZATION .. "/capture", nil, capture), AUTHORIZATION)
  local in_a_row = tonumber(os.getenv("BENCH_IN_A_ROW"))
  local at = tonumber(os.getenv("BENCH_FIRST")) * in_a_row
  function request()
    local id = table.remove(held)
    if id then return parts[1] .. id .. parts[2] end
    at = at + 1
    return requests[math.floor((at - 1) / in_a_row) % #requests + 1]
  end
  if capture == "" then return end
  function response(status, _, answer)
    if status ~= 200 then return end
    local amount = cents(answer, "amount") + cents(answer, "finance_charge")
    if answer:find('"capture_id":', 1, true) then
      captures, captured = captures + 1, captured + amount
    else
      authorizations, authorized = authorizations + 1, authorized + amount
      held[#held + 1] = answer:match('"authorization_id":(%d+)')
    end
  end
end

function init()
  makers[os.getenv("BENCH_WORK")]()
end

-- Times in microseconds.
function done(summary, latency)
  local errors = summary.errors
  local moved = {}
  for _, name in ipairs(MOVED) do
    local sum = 0
    for _, thread in ipairs(threads) do sum = sum + thread:get(name) end
    moved[#moved + 1] = string.format('"%s":%d', name, sum)
  end
  io.write(string.format(
    '{"requests":%d,"duration":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d,"median":%d,"p99":%d,"moved":{%s}}\n',
    summary.requests, summary.duration, errors.connect, errors.read, errors.write, errors.status, errors.timeout,
    latency:percentile(50), latency:percentile(99), table.concat(moved, ",")
  ))
end

"""A receiver of webhooks for the tests. Signatures are checked by the library of Standard Webhooks. Tells what it gets as lines of JSON; ends
when its input does.

Orders: {"do": "mode", "path": "/a", "answer": 204 | "hang" | "http://…"} says how a path answers from there on; a text that is an address is
redirected to. {"do": "secret", "path": "/a", "secret": "whsec_…"} says what the path checks signatures with.
"""
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

modes, secrets, lock = {}, {}, threading.Lock()


def tell(event, **more):
    with lock:
        print(json.dumps({"event": event, **more}), flush=True)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        verified = None
        if self.path in secrets:
            try:
                Webhook(secrets[self.path]).verify(body, headers)
                verified = True
            except WebhookVerificationError:
                verified = False
        tell("webhook", path=self.path, verified=verified, id=headers.get("webhook-id"), timestamp=headers.get("webhook-timestamp"),
             signatures=len(headers.get("webhook-signature", "").split()), type=headers.get("content-type"), body=json.loads(body))
        answer = modes.get(self.path, 204)
        if answer == "hang":
            threading.Event().wait()
        if isinstance(answer, str):
            self.send_response(307)
            self.send_header("location", answer)
        else:
            self.send_response(answer)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
tell("listening", port=server.server_address[1])
for line in sys.stdin:
    order = json.loads(line)
    if order["do"] == "mode":
        modes[order["path"]] = order["answer"]
    if order["do"] == "secret":
        secrets[order["path"]] = order["secret"]
    tell("done")

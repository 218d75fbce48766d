//! The functions that SQLite calls: of the log they gather what is written, and of every other file they are those of the default VFS, but for
//! one. Of a database it is watched when its write lock is given back: what a transaction has gathered and not committed must be gone by then.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::fmt;
use std::mem::size_of;
use std::ptr::null_mut;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

use rusqlite::ffi::{
    SQLITE_IOCAP_POWERSAFE_OVERWRITE, SQLITE_IOERR_SHMLOCK, SQLITE_IOERR_WRITE, SQLITE_NOTFOUND, SQLITE_OK,
    SQLITE_OPEN_MAIN_DB, SQLITE_OPEN_WAL, SQLITE_SHM_EXCLUSIVE, SQLITE_SHM_UNLOCK, sqlite3_database_file_object,
    sqlite3_file, sqlite3_io_methods, sqlite3_vfs, sqlite3_vfs_find, sqlite3_vfs_register,
};

use crate::gathered::Gathered;

const NAME: &CStr = c"gathered-log";

/// SQLite has no default VFS, or does not take another one: what it said, as one of its result codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotRegistered(pub c_int);

impl fmt::Display for NotRegistered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SQLite does not take a VFS (code {})", self.0)
    }
}

impl std::error::Error for NotRegistered {}

/// The name to open a database by that is to be written through this VFS. It is registered at the first call.
///
/// # Errors
/// [`NotRegistered`].
pub fn name() -> Result<&'static CStr, NotRegistered> {
    static REGISTERED: OnceLock<Result<(), NotRegistered>> = OnceLock::new();
    REGISTERED.get_or_init(register).map(|()| NAME)
}

/// The VFS that SQLite has by default, which is there for as long as the process.
static DEFAULT: AtomicPtr<sqlite3_vfs> = AtomicPtr::new(null_mut());

fn register() -> Result<(), NotRegistered> {
    // SAFETY: a null pointer asks for the default VFS.
    let default = unsafe { sqlite3_vfs_find(std::ptr::null()) };
    // SAFETY: it is null, or points to what SQLite has registered and never changes.
    let Some(of) = (unsafe { default.as_ref() }) else { return Err(NotRegistered(SQLITE_NOTFOUND)) };
    DEFAULT.store(default, Ordering::Release);
    let own = c_int::try_from(size_of::<LogFile>()).map_err(|_| NotRegistered(SQLITE_NOTFOUND))?;
    if usize::try_from(of.szOsFile).is_ok_and(|size| size % align_of::<LogFile>() != 0) {
        return Err(NotRegistered(SQLITE_NOTFOUND));
    }
    // Its other functions look at nothing of what they are called with but what this has of it.
    let vfs =
        sqlite3_vfs { szOsFile: own + of.szOsFile, pNext: null_mut(), zName: NAME.as_ptr(), xOpen: Some(open), ..*of };
    // SAFETY: it is never freed, and all that it points to is static.
    match unsafe { sqlite3_vfs_register(Box::leak(Box::new(vfs)), 0) } {
        SQLITE_OK => Ok(()),
        code => Err(NotRegistered(code)),
    }
}

/// A log that is open. Behind it, in the room that SQLite gives for `szOsFile`, stands the file of the default VFS.
#[repr(C)]
struct LogFile {
    /// What SQLite knows of a file; it has to come first.
    file: sqlite3_file,
    /// From a box, from [`open`] until [`close`]. Null where nothing is to be gathered.
    gathered: *mut Gathered,
    /// The database that it is the log of, where what is gathered is known there; else null.
    database: *mut sqlite3_file,
}

/// The functions that the default VFS has for databases.
struct Database {
    /// Where they are.
    own: usize,
    shm_lock: unsafe extern "C" fn(*mut sqlite3_file, c_int, c_int, c_int) -> c_int,
    /// The same with [`shm_lock`] in its place.
    watched: sqlite3_io_methods,
}

static DATABASE: OnceLock<Option<Database>> = OnceLock::new();

/// Where a database says what was gathered of its log, in the room behind the file of the default VFS.
///
/// # Safety
/// `file` has the room that this VFS asks for, and is one of the default VFS's.
unsafe fn slot(file: *mut sqlite3_file) -> *mut *mut Gathered {
    // SAFETY: it was set before this VFS was registered.
    let size = unsafe { (*DEFAULT.load(Ordering::Acquire)).szOsFile };
    // SAFETY: a `LogFile` has room behind it, and `register` has looked at how it is aligned.
    unsafe { file.cast::<u8>().add(usize::try_from(size).unwrap_or_default()).cast::<*mut Gathered>() }
}

/// Has a database that the default VFS has just opened watched.
///
/// # Safety
/// As [`slot`], and the file is open.
unsafe fn watch(file: *mut sqlite3_file) {
    // SAFETY: as the caller promises.
    let slot = unsafe { slot(file) };
    // SAFETY: as `slot` says.
    unsafe { slot.write(null_mut()) };
    // SAFETY: the file is open.
    let own = unsafe { (*file).pMethods };
    let database = DATABASE.get_or_init(|| {
        // SAFETY: null, or static.
        let methods = unsafe { own.as_ref() }?;
        let shm_lock_of_it = methods.xShmLock.filter(|_| methods.iVersion >= 2)?;
        let watched = sqlite3_io_methods { xShmLock: Some(shm_lock), ..*methods };
        Some(Database { own: own.addr(), shm_lock: shm_lock_of_it, watched })
    });
    if let Some(database) = database
        && database.own == own.addr()
    {
        // SAFETY: the file is open, and the functions are static.
        unsafe { (*file).pMethods = &raw const database.watched };
    }
}

/// Whether a database is watched.
///
/// # Safety
/// `file` is null or a database that this VFS has opened.
unsafe fn is_watched(file: *mut sqlite3_file) -> bool {
    // SAFETY: as the caller promises.
    let Some(file) = (unsafe { file.as_ref() }) else { return false };
    let Some(Some(database)) = DATABASE.get() else { return false };
    std::ptr::eq(file.pMethods, &raw const database.watched)
}

/// Whether a write leaves what is beside it in a sector as it was, also when the power fails. Where it does not, SQLite fills the log up to
/// whole sectors and syncs in the middle of what it writes, and nobody asks for the rest.
///
/// # Safety
/// `file` is a database that is open.
unsafe fn keeps_what_is_there(file: *mut sqlite3_file) -> bool {
    // SAFETY: the file is open.
    let methods = unsafe { (*file).pMethods };
    // SAFETY: they are static.
    let methods = unsafe { methods.as_ref() };
    // SAFETY: it is called with its own file.
    let told = methods.and_then(|methods| methods.xDeviceCharacteristics).map(|of| unsafe { of(file) });
    told.is_some_and(|told| told & SQLITE_IOCAP_POWERSAFE_OVERWRITE != 0)
}

/// # Safety
/// As SQLite's `xShmLock`, of a database that is watched.
unsafe extern "C" fn shm_lock(file: *mut sqlite3_file, offset: c_int, count: c_int, flags: c_int) -> c_int {
    /// The lock of the one that writes (`WAL_WRITE_LOCK`).
    const WRITE_LOCK: c_int = 0;
    const GIVEN_BACK: c_int = SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE;
    if offset == WRITE_LOCK && flags & GIVEN_BACK == GIVEN_BACK {
        // SAFETY: the file is watched, so that this VFS has opened it.
        let slot = unsafe { slot(file) };
        // SAFETY: `watch` has set it.
        let gathered = unsafe { slot.read() };
        // SAFETY: null, or what the log that is open has gathered; SQLite calls from one thread at a time.
        if let Some(gathered) = unsafe { gathered.as_mut() } {
            gathered.forget();
        }
    }
    match DATABASE.get() {
        // SAFETY: it is called with its own file, and with what SQLite has given for it.
        Some(Some(database)) => unsafe { (database.shm_lock)(file, offset, count, flags) },
        _ => SQLITE_IOERR_SHMLOCK,
    }
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    // What the later ones have is of databases only: shared memory and mapped pages.
    iVersion: 1,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: None,
    xShmLock: None,
    xShmBarrier: None,
    xShmUnmap: None,
    xFetch: None,
    xUnfetch: None,
};

/// The file of the default VFS that stands behind a log.
///
/// # Safety
/// `file` has the room of a [`LogFile`] and of what the default VFS wants.
const unsafe fn behind(file: *mut sqlite3_file) -> *mut sqlite3_file {
    // SAFETY: the room goes on for what the default VFS wants. A `LogFile` is three pointers, so that it is aligned as well.
    unsafe { file.cast::<LogFile>().add(1).cast::<sqlite3_file>() }
}

/// Calls a function of the file behind a log, or gives `otherwise` when it has none.
macro_rules! call {
    ($file:expr, $function:ident, $otherwise:expr $(, $value:expr)*) => {{
        // SAFETY: the caller's file is a log that is open.
        let real = unsafe { behind($file) };
        // SAFETY: the default VFS has opened it, and set its functions.
        let methods = unsafe { (*real).pMethods.as_ref() };
        match methods.and_then(|methods| methods.$function) {
            // SAFETY: it is called with its own file, and with what SQLite has given for it.
            Some(function) => unsafe { function(real $(, $value)*) },
            None => $otherwise,
        }
    }};
}

/// Writes what was gathered of a log, and calls a function of the file behind it.
macro_rules! call_written {
    ($file:expr, $function:ident $(, $value:expr)*) => {{
        // SAFETY: SQLite calls this with a log that is open, from one thread at a time.
        match unsafe { write_out($file) } {
            SQLITE_OK => call!($file, $function, SQLITE_NOTFOUND $(, $value)*),
            code => code,
        }
    }};
}

/// # Safety
/// As SQLite's `xOpen`.
unsafe extern "C" fn open(
    _: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let default = DEFAULT.load(Ordering::Acquire);
    // SAFETY: it was set before this VFS was registered.
    let Some(open) = (unsafe { (*default).xOpen }) else { return SQLITE_NOTFOUND };
    if flags & SQLITE_OPEN_WAL == 0 {
        // SAFETY: there is room for more than it wants.
        let code = unsafe { open(default, name, file, flags, out) };
        if code == SQLITE_OK && flags & SQLITE_OPEN_MAIN_DB != 0 {
            // SAFETY: it is open, and there is room for a slot behind it.
            unsafe { watch(file) };
        }
        return code;
    }
    // SAFETY: there is room for both.
    let real = unsafe { behind(file) };
    let file_of = |methods| sqlite3_file { pMethods: methods };
    let new = LogFile { file: file_of(std::ptr::null()), gathered: null_mut(), database: null_mut() };
    // SAFETY: it is SQLite's room for the file.
    unsafe { file.cast::<LogFile>().write(new) };
    // SAFETY: as before.
    let code = unsafe { open(default, name, real, flags, out) };
    if code != SQLITE_OK {
        // SAFETY: the default VFS has set it, also when it fails.
        if !unsafe { (*real).pMethods.is_null() } {
            call!(file, xClose, SQLITE_OK);
        }
        return code;
    }
    let mut new = LogFile { file: file_of(&raw const METHODS), gathered: null_mut(), database: null_mut() };
    // SAFETY: SQLite gives the name of a log, which this is for.
    let database = unsafe { sqlite3_database_file_object(name) };
    // SAFETY: this VFS has opened the database, as it has its log.
    let is_watched = unsafe { is_watched(database) };
    // SAFETY: it is open.
    if is_watched && unsafe { keeps_what_is_there(database) } {
        new.gathered = Box::into_raw(Box::default());
        new.database = database;
        // SAFETY: as before.
        let slot = unsafe { slot(database) };
        // SAFETY: as `slot` says.
        unsafe { slot.write(new.gathered) };
    }
    // SAFETY: as before.
    unsafe { file.cast::<LogFile>().write(new) };
    SQLITE_OK
}

/// # Safety
/// As SQLite's `xClose`.
unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: the log is open.
    let log = unsafe { &*file.cast::<LogFile>() };
    if !log.gathered.is_null() {
        // SAFETY: SQLite closes a log before its database.
        let slot = unsafe { slot(log.database) };
        // SAFETY: as `slot` says.
        unsafe { slot.write(null_mut()) };
        // What is left of a commit that was not ended is nobody's.
        // SAFETY: it is from a box, and nobody calls with this file any more.
        drop(unsafe { Box::from_raw(log.gathered) });
    }
    call!(file, xClose, SQLITE_OK)
}

/// What was gathered of a log, where anything is to be.
///
/// # Safety
/// `file` is a log that is open, and nobody else has what this gives.
unsafe fn gathered<'f>(file: *mut sqlite3_file) -> Option<&'f mut Gathered> {
    // SAFETY: as the caller promises.
    let log = unsafe { &*file.cast::<LogFile>() };
    // SAFETY: as the caller promises; it is there until the file is closed.
    unsafe { log.gathered.as_mut() }
}

/// Writes to the file behind a log.
///
/// # Safety
/// `file` is a log that is open.
unsafe fn write_behind(file: *mut sqlite3_file, bytes: &[u8], at: u64) -> Result<(), c_int> {
    let (Ok(count), Ok(at)) = (c_int::try_from(bytes.len()), i64::try_from(at)) else { return Err(SQLITE_IOERR_WRITE) };
    match call!(file, xWrite, SQLITE_NOTFOUND, bytes.as_ptr().cast::<c_void>(), count, at) {
        SQLITE_OK => Ok(()),
        code => Err(code),
    }
}

/// Writes what was gathered of a log.
///
/// # Safety
/// `file` is a log that is open, and called by one thread at a time.
unsafe fn write_out(file: *mut sqlite3_file) -> c_int {
    // SAFETY: as the caller promises.
    let Some(gathered) = (unsafe { gathered(file) }) else { return SQLITE_OK };
    // SAFETY: as the caller promises.
    gathered.write_out(|bytes, at| unsafe { write_behind(file, bytes, at) }).err().unwrap_or(SQLITE_OK)
}

/// # Safety
/// As SQLite's `xWrite`.
unsafe extern "C" fn write(file: *mut sqlite3_file, bytes: *const c_void, count: c_int, at: i64) -> c_int {
    let (Ok(count), Ok(at)) = (usize::try_from(count), u64::try_from(at)) else { return SQLITE_IOERR_WRITE };
    // SAFETY: SQLite gives so many bytes.
    let piece = unsafe { std::slice::from_raw_parts(bytes.cast::<u8>(), count) };
    // SAFETY: SQLite calls with a log that is open, from one thread at a time.
    let done = match unsafe { gathered(file) } {
        // SAFETY: the log is open.
        Some(gathered) => gathered.take(piece, at, |bytes, at| unsafe { write_behind(file, bytes, at) }),
        // SAFETY: the log is open.
        None => unsafe { write_behind(file, piece, at) },
    };
    done.err().unwrap_or(SQLITE_OK)
}

/// # Safety
/// As SQLite's `xRead`.
unsafe extern "C" fn read(file: *mut sqlite3_file, into: *mut c_void, count: c_int, at: i64) -> c_int {
    call_written!(file, xRead, into, count, at)
}

/// # Safety
/// As SQLite's `xTruncate`.
unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: i64) -> c_int {
    call_written!(file, xTruncate, size)
}

/// # Safety
/// As SQLite's `xSync`.
unsafe extern "C" fn sync(file: *mut sqlite3_file, flags: c_int) -> c_int {
    call_written!(file, xSync, flags)
}

/// # Safety
/// As SQLite's `xFileSize`.
unsafe extern "C" fn file_size(file: *mut sqlite3_file, size: *mut i64) -> c_int {
    call_written!(file, xFileSize, size)
}

/// # Safety
/// As SQLite's `xLock`.
unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    call!(file, xLock, SQLITE_NOTFOUND, level)
}

/// # Safety
/// As SQLite's `xUnlock`.
unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    call!(file, xUnlock, SQLITE_NOTFOUND, level)
}

/// # Safety
/// As SQLite's `xCheckReservedLock`.
unsafe extern "C" fn check_reserved_lock(file: *mut sqlite3_file, out: *mut c_int) -> c_int {
    call!(file, xCheckReservedLock, SQLITE_NOTFOUND, out)
}

/// # Safety
/// As SQLite's `xFileControl`.
unsafe extern "C" fn file_control(file: *mut sqlite3_file, what: c_int, of: *mut c_void) -> c_int {
    call_written!(file, xFileControl, what, of)
}

/// # Safety
/// As SQLite's `xSectorSize`.
unsafe extern "C" fn sector_size(file: *mut sqlite3_file) -> c_int {
    call!(file, xSectorSize, 0)
}

/// # Safety
/// As SQLite's `xDeviceCharacteristics`.
unsafe extern "C" fn device_characteristics(file: *mut sqlite3_file) -> c_int {
    call!(file, xDeviceCharacteristics, 0)
}

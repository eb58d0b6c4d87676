//! Stands between SQLite and its own VFS for Unix, and is the only file with `unsafe` in it.
//!
//! SQLite allocates as much memory for an open file as its VFS asks for. Ours asks for as much as the real one needs and a
//! [`File`] more, which comes first: SQLite sees our table of methods there, and the real file lives behind it.
//!
//! What holds for every method, and is not said at each: SQLite calls it with a file that [`open`] has made and that [`close`] has
//! not seen yet, with buffers of the length that it says, and never two methods of one file at the same time.
#![expect(
    unsafe_code,
    reason = "SQLite is written in C and asks for its files through pointers to functions"
)]

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::ptr;
use std::slice;
use std::sync::{Arc, OnceLock};

use ffi::{sqlite3_file, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs};
use libsqlite3_sys as ffi;

use crate::disk::{self, Inner};

const NAME: &CStr = c"powercut";
/// The files whose loss somebody would notice.
const KEPT: c_int = ffi::SQLITE_OPEN_MAIN_DB | ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_WAL;
/// The files with which their folder is flushed, once.
const FLUSHED_WITH_FOLDER: c_int = ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_WAL;

/// An open file. The real one stands behind it in memory.
#[repr(C)]
struct File {
    /// What SQLite knows of it. Has to come first.
    base: sqlite3_file,
    /// The disk and the file on it; nothing, for one that nobody would miss.
    kept: Option<Kept>,
}

struct Kept {
    disk: Arc<Inner>,
    inode: usize,
    /// Whether it was made just now, so that its folder is still to be flushed.
    owes_folder: bool,
}

impl Kept {
    fn require_power(kept: Option<&Self>, failure: c_int) -> Result<(), c_int> {
        kept.map_or(Ok(()), |kept| kept.disk.require_power(failure))
    }
}

/// Makes the VFS known to SQLite, once.
pub(crate) fn register() -> io::Result<()> {
    static REGISTERED: OnceLock<Result<(), String>> = OnceLock::new();
    REGISTERED.get_or_init(make_known).clone().map_err(io::Error::other)
}

fn make_known() -> Result<(), String> {
    // SAFETY: asking for the default VFS starts SQLite if need be; the answer lives as long as the program.
    let real = unsafe { ffi::sqlite3_vfs_find(ptr::null()) };
    if real.is_null() {
        return Err("SQLite has no VFS of its own".to_owned());
    }
    // SAFETY: it is not null, and nobody changes it.
    let (real_size, longest_path) = unsafe { ((*real).szOsFile, (*real).mxPathname) };
    let own_size = c_int::try_from(size_of::<File>()).expect("a file is small");
    let ours = Box::leak(Box::new(sqlite3_vfs {
        iVersion: 2,
        szOsFile: own_size + real_size,
        mxPathname: longest_path,
        pNext: ptr::null_mut(),
        zName: NAME.as_ptr(),
        pAppData: real.cast(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_path_name),
        // Nobody loads extensions.
        xDlOpen: None,
        xDlError: None,
        xDlSym: None,
        xDlClose: None,
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: Some(current_time),
        xGetLastError: Some(last_error),
        xCurrentTimeInt64: Some(current_time_millis),
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    }));
    // SAFETY: `ours` is whole, and lives as long as the program.
    match unsafe { ffi::sqlite3_vfs_register(ours, 0) } {
        ffi::SQLITE_OK => Ok(()),
        code => Err(format!("SQLite does not take the VFS: {code}")),
    }
}

/// The VFS that does the work.
fn real_vfs(vfs: *mut sqlite3_vfs) -> *mut sqlite3_vfs {
    // SAFETY: SQLite hands over the VFS that was registered, which carries the real one.
    unsafe { (*vfs).pAppData.cast() }
}

/// Where our part and the real file are.
fn parts(file: *mut sqlite3_file) -> (*mut File, *mut sqlite3_file) {
    let ours: *mut File = file.cast();
    // SAFETY: SQLite has allocated as much as both need, one behind the other; the size of a `File` is a multiple of its
    // alignment, which is that of a pointer and all that the real one asks for.
    (ours, unsafe { ours.add(1) }.cast())
}

/// Has the real file do something.
macro_rules! real {
    ($file:expr, $method:ident $(, $argument:expr)*) => {{
        let (_, real) = parts($file);
        // SAFETY: the real file is open, and its VFS fills in what we fill in.
        unsafe {
            ((*(*real).pMethods).$method.expect("SQLite's own VFS has this method"))(real $(, $argument)*)
        }
    }};
}

/// Has the real VFS do something.
macro_rules! real_vfs {
    ($vfs:expr, $method:ident $(, $argument:expr)*) => {{
        let real = real_vfs($vfs);
        // SAFETY: the real VFS lives as long as the program; what it is given comes from SQLite.
        unsafe { ((*real).$method.expect("SQLite's own VFS has this function"))(real $(, $argument)*) }
    }};
}

fn kept<'f>(file: *mut sqlite3_file) -> Option<&'f mut Kept> {
    // SAFETY: the file is open, and no other method of it is under way.
    unsafe { (*parts(file).0).kept.as_mut() }
}

fn done(code: c_int) -> Result<(), c_int> {
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(code) }
}

fn code(done: Result<(), c_int>) -> c_int {
    done.err().unwrap_or(ffi::SQLITE_OK)
}

/// The path that SQLite means.
fn path<'p>(name: *const c_char) -> &'p Path {
    // SAFETY: SQLite's names end with a zero and live as long as the call.
    Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(name) }.to_bytes()))
}

unsafe extern "C" fn open(
    vfs: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let (ours, real) = parts(file);
    let open_really = || done(real_vfs!(vfs, xOpen, name, real, flags, out_flags));
    let kept = if flags & KEPT == 0 || name.is_null() {
        open_really().map(|()| None)
    } else {
        open_kept(path(name), flags, open_really).map(Some)
    };
    match kept {
        Ok(kept) => {
            let base = sqlite3_file { pMethods: &raw const METHODS };
            // SAFETY: SQLite has allocated the memory, and nothing is there yet.
            unsafe { ours.write(File { base, kept }) };
            ffi::SQLITE_OK
        }
        Err(code) => {
            // SAFETY: as above. Without methods, SQLite does not close it.
            unsafe { (*file).pMethods = ptr::null() };
            code
        }
    }
}

fn open_kept(path: &Path, flags: c_int, open: impl FnOnce() -> Result<(), c_int>) -> Result<Kept, c_int> {
    let disk = disk::below(path).ok_or(ffi::SQLITE_CANTOPEN)?;
    let may_create = flags & ffi::SQLITE_OPEN_CREATE != 0;
    let (inode, is_new) = if may_create || disk.has(path) {
        disk.open(path, open)?
    } else {
        return Err(ffi::SQLITE_CANTOPEN);
    };
    Ok(Kept { disk, inode, owes_folder: is_new && flags & FLUSHED_WITH_FOLDER != 0 })
}

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    // The second version has shared memory, the third would have mapped files.
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(flush),
    xFileSize: Some(size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: Some(map_shared),
    xShmLock: Some(lock_shared),
    xShmBarrier: Some(shared_barrier),
    xShmUnmap: Some(unmap_shared),
    xFetch: None,
    xUnfetch: None,
};

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    let closed = real!(file, xClose);
    // SAFETY: SQLite uses the file no more, and forgets the memory without looking at what is in it.
    unsafe { ptr::drop_in_place(&raw mut (*parts(file).0).kept) };
    closed
}

unsafe extern "C" fn read(
    file: *mut sqlite3_file,
    buffer: *mut c_void,
    amount: c_int,
    at: sqlite3_int64,
) -> c_int {
    match Kept::require_power(kept(file).as_deref(), ffi::SQLITE_IOERR_READ) {
        Ok(()) => real!(file, xRead, buffer, amount, at),
        Err(code) => code,
    }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    buffer: *const c_void,
    amount: c_int,
    at: sqlite3_int64,
) -> c_int {
    let Some(kept) = kept(file) else { return real!(file, xWrite, buffer, amount, at) };
    let (Ok(length), Ok(offset)) = (usize::try_from(amount), usize::try_from(at)) else {
        return ffi::SQLITE_IOERR_WRITE;
    };
    // SAFETY: the buffer is as long as SQLite says, and nobody changes it during the call.
    let bytes = unsafe { slice::from_raw_parts(buffer.cast::<u8>(), length) };
    code(kept.disk.write(kept.inode, offset, bytes, |arriving| {
        let amount = c_int::try_from(arriving.len()).map_err(|_| ffi::SQLITE_IOERR_WRITE)?;
        done(real!(file, xWrite, arriving.as_ptr().cast(), amount, at))
    }))
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    let Some(kept) = kept(file) else { return real!(file, xTruncate, size) };
    let Ok(length) = usize::try_from(size) else { return ffi::SQLITE_IOERR_TRUNCATE };
    code(kept.disk.truncate(kept.inode, length, || done(real!(file, xTruncate, size))))
}

unsafe extern "C" fn flush(file: *mut sqlite3_file, _flags: c_int) -> c_int {
    let Some(kept) = kept(file) else { return ffi::SQLITE_OK };
    let flushed = kept.disk.flush(kept.inode, kept.owes_folder);
    kept.owes_folder &= flushed.is_err();
    code(flushed)
}

unsafe extern "C" fn size(file: *mut sqlite3_file, size: *mut sqlite3_int64) -> c_int {
    match Kept::require_power(kept(file).as_deref(), ffi::SQLITE_IOERR_FSTAT) {
        Ok(()) => real!(file, xFileSize, size),
        Err(code) => code,
    }
}

unsafe extern "C" fn lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    match Kept::require_power(kept(file).as_deref(), ffi::SQLITE_IOERR_LOCK) {
        Ok(()) => real!(file, xLock, level),
        Err(code) => code,
    }
}

unsafe extern "C" fn unlock(file: *mut sqlite3_file, level: c_int) -> c_int {
    real!(file, xUnlock, level)
}

unsafe extern "C" fn check_reserved_lock(file: *mut sqlite3_file, out: *mut c_int) -> c_int {
    real!(file, xCheckReservedLock, out)
}

unsafe extern "C" fn control(file: *mut sqlite3_file, operation: c_int, argument: *mut c_void) -> c_int {
    real!(file, xFileControl, operation, argument)
}

unsafe extern "C" fn sector_size(file: *mut sqlite3_file) -> c_int {
    real!(file, xSectorSize)
}

unsafe extern "C" fn characteristics(file: *mut sqlite3_file) -> c_int {
    real!(file, xDeviceCharacteristics)
}

unsafe extern "C" fn map_shared(
    file: *mut sqlite3_file,
    page: c_int,
    page_size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    match Kept::require_power(kept(file).as_deref(), ffi::SQLITE_IOERR_SHMMAP) {
        Ok(()) => real!(file, xShmMap, page, page_size, extend, out),
        Err(code) => code,
    }
}

unsafe extern "C" fn lock_shared(
    file: *mut sqlite3_file,
    offset: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    let locks = flags & ffi::SQLITE_SHM_LOCK != 0;
    match Kept::require_power(kept(file).as_deref().filter(|_| locks), ffi::SQLITE_IOERR_SHMLOCK) {
        Ok(()) => real!(file, xShmLock, offset, count, flags),
        Err(code) => code,
    }
}

unsafe extern "C" fn shared_barrier(file: *mut sqlite3_file) {
    real!(file, xShmBarrier);
}

unsafe extern "C" fn unmap_shared(file: *mut sqlite3_file, delete: c_int) -> c_int {
    real!(file, xShmUnmap, delete)
}

unsafe extern "C" fn delete(vfs: *mut sqlite3_vfs, name: *const c_char, with_folder: c_int) -> c_int {
    match disk::below(path(name)) {
        // The folder is not really flushed.
        Some(disk) => {
            code(disk.delete(path(name), with_folder != 0, || done(real_vfs!(vfs, xDelete, name, 0))))
        }
        None => real_vfs!(vfs, xDelete, name, with_folder),
    }
}

unsafe extern "C" fn access(
    vfs: *mut sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    let powered = disk::below(path(name)).map_or(Ok(()), |disk| disk.require_power(ffi::SQLITE_IOERR_ACCESS));
    match powered {
        Ok(()) => real_vfs!(vfs, xAccess, name, flags, out),
        Err(code) => code,
    }
}

unsafe extern "C" fn full_path_name(
    vfs: *mut sqlite3_vfs,
    name: *const c_char,
    length: c_int,
    out: *mut c_char,
) -> c_int {
    real_vfs!(vfs, xFullPathname, name, length, out)
}

unsafe extern "C" fn randomness(vfs: *mut sqlite3_vfs, length: c_int, out: *mut c_char) -> c_int {
    real_vfs!(vfs, xRandomness, length, out)
}

unsafe extern "C" fn sleep(vfs: *mut sqlite3_vfs, microseconds: c_int) -> c_int {
    real_vfs!(vfs, xSleep, microseconds)
}

unsafe extern "C" fn current_time(vfs: *mut sqlite3_vfs, out: *mut f64) -> c_int {
    real_vfs!(vfs, xCurrentTime, out)
}

unsafe extern "C" fn current_time_millis(vfs: *mut sqlite3_vfs, out: *mut sqlite3_int64) -> c_int {
    real_vfs!(vfs, xCurrentTimeInt64, out)
}

unsafe extern "C" fn last_error(vfs: *mut sqlite3_vfs, length: c_int, out: *mut c_char) -> c_int {
    real_vfs!(vfs, xGetLastError, length, out)
}

//! The disk as tests see it: what may be done to it, and what is found on it afterwards.

use std::collections::BTreeMap;
use std::ffi::{OsStr, c_int};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use libsqlite3_sys as ffi;

use crate::dice::Dice;
use crate::inode::{Inode, Operation};
use crate::vfs;

/// What the index beside a write-ahead log ends with. It is never flushed: SQLite makes it anew after a crash.
const SHARED_MEMORY: &str = "-shm";

/// What a disk answers instead of doing what it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A write finds no room, and has brought a part of itself in.
    Full,
    /// A write fails.
    Write,
    /// A flush fails. Nobody will ever know what of it has arrived.
    Flush,
}

impl Fault {
    const fn code(self) -> c_int {
        match self {
            Self::Full => ffi::SQLITE_FULL,
            Self::Write => ffi::SQLITE_IOERR_WRITE,
            Self::Flush => ffi::SQLITE_IOERR_FSYNC,
        }
    }

    const fn strikes(self, call: Call) -> bool {
        match self {
            Self::Full | Self::Write => matches!(call, Call::Write),
            Self::Flush => matches!(call, Call::Flush),
        }
    }
}

/// What SQLite asks a disk to do to a file or to its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Create,
    Write,
    Truncate,
    Flush,
    Delete,
}

impl Call {
    /// What SQLite is told that asks it of a disk without power.
    const fn failure(self) -> c_int {
        match self {
            Self::Create => ffi::SQLITE_CANTOPEN,
            Self::Write => ffi::SQLITE_IOERR_WRITE,
            Self::Truncate => ffi::SQLITE_IOERR_TRUNCATE,
            Self::Flush => ffi::SQLITE_IOERR_FSYNC,
            Self::Delete => ffi::SQLITE_IOERR_DELETE,
        }
    }
}

/// One folder's disk. Cheap to clone: all clones are the same disk. Gone with the last one.
#[derive(Debug, Clone)]
pub struct Disk(Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    has_power: bool,
    calls: u64,
    cut_at: Option<u64>,
    fault: Option<PlannedFault>,
    struck: u64,
    inodes: Vec<Inode>,
    names: BTreeMap<String, Name>,
    dice: Dice,
}

#[derive(Debug, Clone, Copy)]
struct PlannedFault {
    fault: Fault,
    /// How many calls that it could strike are let through before.
    spares: u64,
    lasts: bool,
}

/// Which file is found under a name.
#[derive(Debug, Clone, Default)]
struct Name {
    /// Once the folder was flushed last; nothing, if there was none.
    durable: Option<usize>,
    /// Which ones it meant since.
    since: Vec<Option<usize>>,
}

impl Name {
    fn current(&self) -> Option<usize> {
        self.since.last().copied().unwrap_or(self.durable)
    }

    fn flush(&mut self) {
        self.durable = self.current();
        self.since.clear();
    }

    fn found(&self, dice: &mut Dice) -> Option<usize> {
        match dice.below(self.since.len() + 1) {
            0 => self.durable,
            nth => self.since[nth - 1],
        }
    }
}

/// The disks there are, by their folders.
static DISKS: Mutex<BTreeMap<PathBuf, Weak<Inner>>> = Mutex::new(BTreeMap::new());

/// The disk that a file lies on.
pub(crate) fn below(file: &Path) -> Option<Arc<Inner>> {
    lock(&DISKS).get(file.parent()?)?.upgrade()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Disk {
    /// A disk that holds what is in the folder.
    ///
    /// # Errors
    /// When the folder can't be read, or SQLite does not take the VFS.
    pub fn over(folder: &Path) -> io::Result<Self> {
        let mut state = State::empty();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_file() && !name.ends_with(SHARED_MEMORY) {
                state.adopt(&name, fs::read(entry.path())?);
            }
        }
        Self::with(folder, state)
    }

    fn with(folder: &Path, state: State) -> io::Result<Self> {
        vfs::register()?;
        let folder = folder.canonicalize()?;
        let inner = Arc::new(Inner { folder: folder.clone(), state: Mutex::new(state) });
        lock(&DISKS).insert(folder, Arc::downgrade(&inner));
        Ok(Self(inner))
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// How many calls have changed something so far: writes, truncations, flushes, files made and deleted.
    #[must_use]
    pub fn calls(&self) -> u64 {
        lock(&self.0.state).calls
    }

    /// Cuts the power during a call from now on; 1 is the next one.
    pub fn cut_at(&self, call: u64) {
        let mut state = lock(&self.0.state);
        state.cut_at = Some(state.calls + call);
    }

    /// Cuts the power.
    pub fn cut(&self) {
        lock(&self.0.state).has_power = false;
    }

    /// Whether the power is still there.
    #[must_use]
    pub fn has_power(&self) -> bool {
        lock(&self.0.state).has_power
    }

    /// Lets one call fail, after `spares` others that could.
    pub fn fail_once(&self, fault: Fault, spares: u64) {
        lock(&self.0.state).fault = Some(PlannedFault { fault, spares, lasts: false });
    }

    /// Lets all calls fail that the fault can strike, after `spares` others.
    pub fn fail_from(&self, fault: Fault, spares: u64) {
        lock(&self.0.state).fault = Some(PlannedFault { fault, spares, lasts: true });
    }

    /// Makes room, or whatever was missing.
    pub fn mend(&self) {
        lock(&self.0.state).fault = None;
    }

    /// How often a fault has struck.
    #[must_use]
    pub fn struck(&self) -> u64 {
        lock(&self.0.state).struck
    }

    /// Lets failed flushes fall as these dice do.
    pub fn set_dice(&self, dice: Dice) {
        lock(&self.0.state).dice = dice;
    }

    /// Writes a file once more, word for word, and flushes it and its folder. A file that isn't there is left alone.
    ///
    /// For code that does so by itself, not through SQLite: what it does is to be done to this disk as well.
    ///
    /// # Errors
    /// When the power goes, or a fault strikes.
    pub fn write_again(&self, file: &str) -> io::Result<()> {
        let mut state = lock(&self.0.state);
        let Some(inode) = state.current(file) else { return Ok(()) };
        let failed = |code| io::Error::other(format!("SQLite would be told {code}"));
        state.ask(Call::Write, Some(inode)).map_err(failed)?;
        state.inodes[inode].write_again();
        state.ask(Call::Flush, Some(inode)).map_err(failed)?;
        state.inodes[inode].flush();
        state.flush_names();
        Ok(())
    }

    /// Writes what could be found on this disk after its power was cut into another folder, which is empty. The power is cut by
    /// that, if it was not before.
    ///
    /// # Errors
    /// When the other folder can't be written.
    pub fn find(&self, dice: &mut Dice, elsewhere: &Path) -> io::Result<()> {
        self.cut();
        let state = lock(&self.0.state);
        for (name, entry) in &state.names {
            if let Some(inode) = entry.found(dice) {
                fs::write(elsewhere.join(name), state.inodes[inode].found(dice))?;
            }
        }
        drop(state);
        self.leave_shared_memory(dice, elsewhere)
    }

    /// Writes what the system shows into another folder, which is empty: what the next program finds after this one has been
    /// killed. What has not been flushed yet, or never will be, still isn't certain to be on the other disk. This one is cut
    /// off.
    ///
    /// # Errors
    /// When the other folder can't be written.
    pub fn outlive(&self, elsewhere: &Path) -> io::Result<Self> {
        self.cut();
        let state = lock(&self.0.state);
        for (name, entry) in &state.names {
            if let Some(inode) = entry.current() {
                fs::write(elsewhere.join(name), state.inodes[inode].cached())?;
            }
        }
        let mut next = State::empty();
        next.inodes.clone_from(&state.inodes);
        next.names.clone_from(&state.names);
        next.dice = state.dice.clone();
        drop(state);
        Self::with(elsewhere, next)
    }

    fn leave_shared_memory(&self, dice: &mut Dice, elsewhere: &Path) -> io::Result<()> {
        for entry in fs::read_dir(&self.0.folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().ends_with(SHARED_MEMORY) {
                let mut garbage = vec![0; usize::try_from(entry.metadata()?.len()).unwrap_or_default()];
                dice.fill(&mut garbage);
                fs::write(elsewhere.join(entry.file_name()), garbage)?;
            }
        }
        Ok(())
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let mut disks = lock(&DISKS);
        // Another disk may have taken its place meanwhile.
        if disks.get(&self.folder).is_some_and(|disk| disk.strong_count() == 0) {
            disks.remove(&self.folder);
        }
    }
}

/// How SQLite's files meet the disk. What is refused is refused with SQLite's code.
impl Inner {
    /// Fails without power.
    pub(crate) fn require_power(&self, failure: c_int) -> Result<(), c_int> {
        if lock(&self.state).has_power { Ok(()) } else { Err(failure) }
    }

    /// Whether there is a file under this path.
    pub(crate) fn has(&self, path: &Path) -> bool {
        let name = path.file_name().map(OsStr::to_string_lossy);
        name.is_some_and(|name| lock(&self.state).current(&name).is_some())
    }

    /// Opens a file. Says which one it is, and whether it was made just now.
    pub(crate) fn open(
        &self,
        path: &Path,
        open: impl FnOnce() -> Result<(), c_int>,
    ) -> Result<(usize, bool), c_int> {
        let mut state = lock(&self.state);
        let name = path.file_name().ok_or(ffi::SQLITE_CANTOPEN)?.to_string_lossy().into_owned();
        if !state.has_power {
            return Err(ffi::SQLITE_CANTOPEN);
        }
        if let Some(inode) = state.current(&name) {
            open()?;
            return Ok((inode, false));
        }
        state.ask(Call::Create, None)?;
        open()?;
        state.inodes.push(Inode::default());
        let inode = state.inodes.len() - 1;
        state.names.entry(name).or_default().since.push(Some(inode));
        Ok((inode, true))
    }

    pub(crate) fn write(
        &self,
        inode: usize,
        at: usize,
        bytes: &[u8],
        write: impl FnOnce(&[u8]) -> Result<(), c_int>,
    ) -> Result<(), c_int> {
        let mut state = lock(&self.state);
        let asked = state.ask(Call::Write, None);
        let arriving = match asked {
            Ok(()) => bytes.len(),
            // The power went while it was being written: it is as likely on the disk as anything else.
            Err(_) if state.has_just_gone_dark() => bytes.len(),
            Err(ffi::SQLITE_FULL) => state.dice.below(bytes.len()),
            Err(_) => 0,
        };
        if arriving > 0 {
            write(&bytes[..arriving])?;
            state.inodes[inode].note(Operation::Write { at, bytes: bytes[..arriving].to_vec() });
        }
        asked
    }

    pub(crate) fn truncate(
        &self,
        inode: usize,
        size: usize,
        truncate: impl FnOnce() -> Result<(), c_int>,
    ) -> Result<(), c_int> {
        let mut state = lock(&self.state);
        let asked = state.ask(Call::Truncate, None);
        if asked.is_ok() || state.has_just_gone_dark() {
            truncate()?;
            state.inodes[inode].note(Operation::Resize(size));
        }
        asked
    }

    pub(crate) fn flush(&self, inode: usize, with_folder: bool) -> Result<(), c_int> {
        let mut state = lock(&self.state);
        state.ask(Call::Flush, Some(inode))?;
        state.inodes[inode].flush();
        if with_folder {
            state.flush_names();
        }
        Ok(())
    }

    pub(crate) fn delete(
        &self,
        path: &Path,
        with_folder: bool,
        delete: impl FnOnce() -> Result<(), c_int>,
    ) -> Result<(), c_int> {
        let mut state = lock(&self.state);
        let name = path.file_name().ok_or(ffi::SQLITE_IOERR_DELETE)?.to_string_lossy().into_owned();
        let asked = state.ask(Call::Delete, None);
        if asked.is_ok() || state.has_just_gone_dark() {
            delete()?;
            state.names.entry(name).or_default().since.push(None);
        }
        if asked.is_ok() && with_folder {
            state.flush_names();
        }
        asked
    }
}

impl State {
    const fn empty() -> Self {
        Self {
            has_power: true,
            calls: 0,
            cut_at: None,
            fault: None,
            struck: 0,
            inodes: Vec::new(),
            names: BTreeMap::new(),
            dice: Dice::new(0),
        }
    }

    fn adopt(&mut self, name: &str, content: Vec<u8>) {
        self.inodes.push(Inode::on_disk(content));
        let durable = Some(self.inodes.len() - 1);
        self.names.insert(name.to_owned(), Name { durable, since: Vec::new() });
    }

    fn current(&self, name: &str) -> Option<usize> {
        self.names.get(name).and_then(Name::current)
    }

    fn flush_names(&mut self) {
        self.names.values_mut().for_each(Name::flush);
    }

    /// Whether the call that was counted last is the one during which the power went.
    fn has_just_gone_dark(&self) -> bool {
        self.cut_at == Some(self.calls)
    }

    /// Counts a call, and says no if it is to fail. `flushed` is the file that a flush is about.
    fn ask(&mut self, call: Call, flushed: Option<usize>) -> Result<(), c_int> {
        if !self.has_power {
            // Not counted: whoever asks whether the power has just gone is told no.
            self.cut_at = None;
            return Err(call.failure());
        }
        self.calls += 1;
        if self.has_just_gone_dark() {
            self.has_power = false;
            return Err(call.failure());
        }
        let Some(planned) = &mut self.fault else { return Ok(()) };
        if !planned.fault.strikes(call) {
            return Ok(());
        }
        if planned.spares > 0 {
            planned.spares -= 1;
            return Ok(());
        }
        let fault = planned.fault;
        if !planned.lasts {
            self.fault = None;
        }
        self.struck += 1;
        if let (Fault::Flush, Some(inode)) = (fault, flushed) {
            self.inodes[inode].fail_to_flush(&mut self.dice);
        }
        Err(fault.code())
    }
}

//! Whether the data folder lies where a database may lie.

use std::path::Path;

use super::StoreError;

/// File systems over a network, by the numbers that Linux gives them (statfs(2)). The write-ahead log of SQLite needs memory that all its
/// processes share, and locks that hold, and both end at the machine; some of them confirm what is on no disk yet.
const OVER_A_NETWORK: [(u32, &str); 6] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB"),
    (0x5346_414f, "AFS"),
    (0x7375_7245, "Coda"),
];
/// File systems in memory.
const IN_MEMORY: [u32; 2] = [0x0102_1994, 0x8584_58f6];

/// Refuses a folder on a network, and warns of one that ends with the machine's next start.
///
/// # Errors
/// When what is written there can't be relied on.
pub(super) fn require_reliable(folder: &Path) -> Result<(), StoreError> {
    let Some(kind) = kind_of(folder) else { return Ok(()) };
    if let Some(name) = over_a_network(kind) {
        return Err(StoreError::Network { path: folder.to_owned(), name });
    }
    if IN_MEMORY.contains(&kind) {
        tracing::warn!(folder = %folder.display(), "the data folder is in memory: it is gone when this machine is started anew");
    }
    Ok(())
}

fn over_a_network(kind: u32) -> Option<&'static str> {
    OVER_A_NETWORK.iter().find(|(number, _)| *number == kind).map(|(_, name)| *name)
}

/// The number of the file system that a folder is on; nothing, where the system doesn't say.
#[cfg(target_os = "linux")]
fn kind_of(folder: &Path) -> Option<u32> {
    // The type of the field is another one on each machine, with the same 32 bits in it.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the numbers have 32 bits")]
    rustix::fs::statfs(folder).ok().map(|found| found.f_type as u32)
}

#[cfg(not(target_os = "linux"))]
const fn kind_of(_: &Path) -> Option<u32> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_over_a_network_are_known_by_name_and_those_of_this_machine_are_taken() {
        assert_eq!(over_a_network(0x6969), Some("NFS"));
        assert_eq!(over_a_network(0xff53_4d42), Some("CIFS"));
        for (name, kind) in
            [("ext4", 0xef53), ("btrfs", 0x9123_683e), ("xfs", 0x5846_5342), ("overlay", 0x794c_7630)]
        {
            assert_eq!(over_a_network(kind), None, "{name}");
        }
        let folder = tempfile::tempdir().unwrap();
        require_reliable(folder.path()).unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_system_is_asked_which_file_system_it_is() {
        // It is there on every Linux, and always of the same kind.
        assert_eq!(kind_of(Path::new("/proc")), Some(0x9fa0));
    }
}

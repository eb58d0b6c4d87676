//! Much that was said, as one number.

/// What bytes in their order come to (FNV-1a): the same on every machine.
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    /// Of nothing so far.
    pub(crate) const fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub(crate) fn say(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    pub(crate) const fn number(&self) -> u64 {
        self.0
    }
}

//! Chance that a seed decides.

/// Chance that depends on a seed and nothing else (splitmix64).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed ^ 0x6a09_e667_f3bc_c908)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to and not including `end`.
    pub(crate) fn below(&mut self, end: i64) -> i64 {
        (self.next() % end as u64) as i64
    }

    pub(crate) fn between(&mut self, from: i64, until: i64) -> i64 {
        from + self.below(until - from + 1)
    }

    pub(crate) fn one_in(&mut self, many: i64) -> bool {
        self.below(many) == 0
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as i64) as usize]
    }
}

//! Chance that falls the same way every time, so that two runs send the same bytes.

use uuid::Uuid;

/// The generator called SplitMix64.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// Dice that fall like all others of this seed.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// One of the choices, of which there is at least one.
    pub(crate) fn pick<'c, T>(&mut self, choices: &'c [T]) -> &'c T {
        &choices[self.below(choices.len() as u64) as usize]
    }

    /// A UUID such as devices make: the time, and chance.
    pub(crate) fn uuid(&mut self, millis: u64) -> Uuid {
        let chance = (u128::from(self.next()) << 64 | u128::from(self.next())).to_le_bytes();
        let mut random = [0; 10];
        random.copy_from_slice(&chance[..10]);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_falls_the_same_way_and_others_do_not() {
        let throw = |seed| Dice::new(seed).uuid(1);
        assert_eq!(throw(1), throw(1));
        assert_ne!(throw(1), throw(2));
    }
}

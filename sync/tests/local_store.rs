//! The memory stores pass the suites of all stores: local ones, alone and with a journal beside them, and those of files.
#![allow(clippy::unwrap_used, reason = "a test stops at what it does not expect")]

mod world;

use std::rc::Rc;

use sync::{MemoryFileStore, MemoryJournalFiles, MemoryLocalStore, TwinStore};

use self::world::block_on;

macro_rules! tests {
    ($($case:ident)*) => {
        $(
            #[test]
            fn $case() {
                let store = Rc::new(MemoryLocalStore::default());
                block_on(sync::conformance::$case(async || Rc::clone(&store)));
            }
        )*

        mod with_a_journal {
            use super::*;

            $(
                #[test]
                fn $case() {
                    let store = Rc::new(MemoryLocalStore::default());
                    let journal = Rc::new(MemoryJournalFiles::default());
                    block_on(sync::conformance::$case(async || {
                        TwinStore::new(Rc::clone(&store), Rc::clone(&journal))
                    }));
                }
            )*
        }
    };
}

sync::for_each_local_store_case!(tests);

#[test]
fn a_witness_stays_until_another_one_comes() {
    let store = Rc::new(MemoryLocalStore::default());
    block_on(sync::conformance::a_witness_stays_until_another_one_comes(async || Rc::clone(&store)));
}

macro_rules! file_tests {
    ($($case:ident)*) => {$(
        #[test]
        fn $case() {
            let store = Rc::new(MemoryFileStore::default());
            block_on(sync::files::conformance::$case(async || Rc::clone(&store)));
        }
    )*};
}

sync::for_each_file_store_case!(file_tests);

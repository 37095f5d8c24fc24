//! The operator tool on buckets that were made by hand with another client, boto3, on emulators that nobody here
//! wrote; and the queues of the pipeline there.

#[cfg(test)]
#[path = "../emulator/mod.rs"]
mod emulator;
#[cfg(test)]
#[path = "../guardian/mod.rs"]
mod guardian;

#[cfg(test)]
mod account;
#[cfg(test)]
mod asked;
#[cfg(test)]
mod boto;
#[cfg(test)]
mod counted;
#[cfg(test)]
mod declared;
#[cfg(test)]
mod discovered;
#[cfg(test)]
mod fan_out;
#[cfg(test)]
mod healed;
#[cfg(test)]
mod replayed;
#[cfg(test)]
mod walked;
#[cfg(test)]
mod witness;

/// Makes a test of each story on each emulator.
#[cfg(test)]
macro_rules! on_each_emulator {
    ($($story:ident)*) => {
        mod on_ministack {
            $(#[test] fn $story() { super::$story(crate::emulator::Kind::Ministack); })*
        }

        mod on_moto {
            $(#[test] fn $story() { super::$story(crate::emulator::Kind::Moto); })*
        }
    };
}
#[cfg(test)]
use on_each_emulator;

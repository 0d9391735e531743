//! Names of streams, and how a name and a seed become a key.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::Stream;

/// The name of a stream, as a stable 64-bit number: FNV-1a of its bytes.
///
/// Two names that share a number would share their draws; a list of names can be checked for that in a
/// test, and a chance clash among a thousand names has a probability below 1e-13.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamName(u64);

impl StreamName {
    /// The name `name`, for example `sizes` or `gateway/0`.
    pub const fn new(name: &str) -> Self {
        let mut rest = name.as_bytes();
        let mut hash = FNV_OFFSET;
        while let [byte, after @ ..] = rest {
            hash = (hash ^ *byte as u64).wrapping_mul(FNV_PRIME);
            rest = after;
        }
        Self(hash)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// All streams of one seed. Cheap to copy; holds no state, so asking twice for a stream gives the same
/// draws from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Streams {
    seed: u64,
}

impl Streams {
    /// The streams of `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The stream called `name`, for draws that come in one sequence (arrivals of one source).
    pub fn named(&self, name: StreamName) -> Stream {
        self.keyed(name, SEQUENTIAL, SEQUENTIAL)
    }

    /// The stream of the pair (`a`, `b`) under `name`, for draws that belong to one thing, such as attempt
    /// `b` of request `a`: they stay the same whatever happens to other things. The pair of two largest
    /// numbers is the one [`Streams::named`] uses.
    pub fn keyed(&self, name: StreamName, a: u64, b: u64) -> Stream {
        let mut key = [0; 32];
        for (part, word) in key.chunks_exact_mut(8).zip([self.seed, name.get(), a, b]) {
            part.copy_from_slice(&word.to_le_bytes());
        }
        Stream::new(ChaCha8Rng::from_seed(key))
    }
}

/// The pair of numbers of a stream without numbers: far from any index a run can reach.
const SEQUENTIAL: u64 = u64::MAX;

#[cfg(test)]
mod tests {
    use super::*;

    fn first(mut stream: Stream) -> u64 {
        stream.word()
    }

    #[test]
    fn names_hash_as_fnv_1a() {
        // Test vectors of the algorithm's authors.
        assert_eq!(StreamName::new("").get(), 0xcbf2_9ce4_8422_2325);
        assert_eq!(StreamName::new("a").get(), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(StreamName::new("foobar").get(), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn draws_are_those_of_chacha8() {
        // Words 0, 1, 8 and 9 of the key stream for the key (42, "uniform", 3, 4) and nonce 0, computed
        // by a separate implementation of the cipher.
        let mut stream = Streams::new(42).keyed(StreamName::new("uniform"), 3, 4);
        let words: Vec<u64> = (0..10).map(|_| stream.word()).collect();
        assert_eq!(words[..2], [0xb7e2_a8e5_3121_1935, 0xdb4c_f478_4e9c_2669]);
        assert_eq!(words[8..], [0x48cb_cb4c_34e0_1219, 0x5631_cdd7_5d13_5e3b]);
    }

    #[test]
    fn every_part_of_the_key_matters() {
        const A: StreamName = StreamName::new("a");
        let streams = Streams::new(1);
        let all = [
            first(streams.keyed(A, 0, 0)),
            first(Streams::new(2).keyed(A, 0, 0)),
            first(streams.keyed(StreamName::new("b"), 0, 0)),
            first(streams.keyed(A, 1, 0)),
            first(streams.keyed(A, 0, 1)),
            first(streams.named(A)),
        ];
        for (i, x) in all.iter().enumerate() {
            for y in &all[i + 1..] {
                assert_ne!(x, y);
            }
        }
    }

    #[test]
    fn asking_again_starts_again() {
        let streams = Streams::new(7);
        let name = StreamName::new("arrivals");
        let mut used = streams.named(name);
        let start = used.uniform_open().to_bits();
        used.uniform_open();
        assert_eq!(streams.named(name).uniform_open().to_bits(), start);
    }
}

//! The key exchange against vectors that other implementations computed, and against bad messages.

use data_encoding::HEXLOWER;
use mcloud::session::pake::{Pake, Side, Spake, Spake2Of};
use rstest::rstest;
use spake2::{Ed25519Group, Group, Identity, Password, Spake2};

type Scalar = <Ed25519Group as Group>::Scalar;
type Element = <Ed25519Group as Group>::Element;

/// What tells a group with a chance of its own from the real one.
trait Chance: std::fmt::Debug {
    fn scalar() -> Scalar;
}

/// The real group, but that its random number is known.
#[derive(Debug)]
struct Fixed<C>(std::marker::PhantomData<C>);

impl<C: Chance> Group for Fixed<C> {
    type Scalar = Scalar;
    type Element = Element;
    type TranscriptHash = <Ed25519Group as Group>::TranscriptHash;

    fn name() -> &'static str {
        Ed25519Group::name()
    }
    fn const_m() -> Element {
        Ed25519Group::const_m()
    }
    fn const_n() -> Element {
        Ed25519Group::const_n()
    }
    fn const_s() -> Element {
        Ed25519Group::const_s()
    }
    fn hash_to_scalar(s: &[u8]) -> Scalar {
        Ed25519Group::hash_to_scalar(s)
    }
    fn random_scalar<T>(_chance: &mut T) -> Scalar {
        C::scalar()
    }
    fn scalar_neg(s: &Scalar) -> Scalar {
        Ed25519Group::scalar_neg(s)
    }
    fn element_to_bytes(e: &Element) -> Vec<u8> {
        Ed25519Group::element_to_bytes(e)
    }
    fn bytes_to_element(b: &[u8]) -> Option<Element> {
        Ed25519Group::bytes_to_element(b)
    }
    fn element_length() -> usize {
        Ed25519Group::element_length()
    }
    fn basepoint_mult(s: &Scalar) -> Element {
        Ed25519Group::basepoint_mult(s)
    }
    fn scalarmult(e: &Element, s: &Scalar) -> Element {
        Ed25519Group::scalarmult(e, s)
    }
    fn add(a: &Element, b: &Element) -> Element {
        Ed25519Group::add(a, b)
    }
}

#[derive(Debug)]
struct OfInitiator;

impl Chance for OfInitiator {
    fn scalar() -> Scalar {
        Ed25519Group::hash_to_scalar(b"initiator")
    }
}

#[derive(Debug)]
struct OfJoiner;

impl Chance for OfJoiner {
    fn scalar() -> Scalar {
        Ed25519Group::hash_to_scalar(b"joiner")
    }
}

/// The numbers of `python-spake2`'s own vector, little endian.
#[derive(Debug)]
struct OfAlice;

impl Chance for OfAlice {
    fn scalar() -> Scalar {
        scalar("25184061a70b1142f1a9f043a52cf7033dc308b5a0a32e42b003ecd59c2ac605")
    }
}

#[derive(Debug)]
struct OfBob;

impl Chance for OfBob {
    fn scalar() -> Scalar {
        scalar("9fb5e845084e0cbe27ac8b4d3af139b33f3f8a047d4234e2d45d33c5cd367b0f")
    }
}

fn scalar(digits: &str) -> Scalar {
    Scalar::from_bytes_mod_order(hex(digits).try_into().unwrap())
}

fn hex(digits: &str) -> Vec<u8> {
    HEXLOWER.decode(digits.as_bytes()).unwrap()
}

fn key() -> [u8; 32] {
    std::array::from_fn(|at| u8::try_from(at).unwrap())
}

#[test]
fn the_crate_computes_what_python_spake2_does() {
    let (password, a, b) = (
        Password::new("password"),
        Identity::new(b"idA"),
        Identity::new(b"idB"),
    );
    let (alice, asked) = Spake2::<Fixed<OfAlice>>::start_a(&password, &a, &b);
    let (bob, answered) = Spake2::<Fixed<OfBob>>::start_b(&password, &a, &b);
    let told = "416fc960df73c9cf8ed7198b0c9534e2e96a5984bfc5edc023fd24dacf371f2af9";
    assert_eq!(HEXLOWER.encode(&asked), told);
    let told = "42354e97b88406922b1df4bea1d7870f17aed3dba7c720b313edae315b00959309";
    assert_eq!(HEXLOWER.encode(&answered), told);
    let told = "712295de7219c675ddd31942184aa26e0a957cf216bc230d165b215047b520c1";
    assert_eq!(HEXLOWER.encode(&alice.finish(&answered).unwrap()), told);
    assert_eq!(HEXLOWER.encode(&bob.finish(&asked).unwrap()), told);
}

#[test]
fn both_sides_come_to_the_key_of_a_second_implementation() {
    let initiator = [b"mcloud-session/1 initiator ".as_slice(), &[b'a'; 52]].concat();
    let joiner = [b"mcloud-session/1 joiner ".as_slice(), &[b'b'; 51], b"a"].concat();
    let names: [&[u8]; 2] = [&initiator, &joiner];
    let (one, answered) = Spake2Of::<Fixed<OfInitiator>>::start(Side::Initiator, &key(), names);
    let (other, asked) = Spake2Of::<Fixed<OfJoiner>>::start(Side::Joiner, &key(), names);
    let told = "41fbe105fad9cd3a1ea6cd3fa7c4da6b88cab6faedc174c82ab96416fbb2de0d0b";
    assert_eq!(HEXLOWER.encode(&answered), told);
    let told = "42885735d21b59de71b387b37ea9cca1b6b9816a61f5bf89c119d39e73357ec8fd";
    assert_eq!(HEXLOWER.encode(&asked), told);
    let told = "43c836566101e3165acbf13c01a95bf9de8cc3ad35e3aca1802da2661e0e9bc5";
    assert_eq!(HEXLOWER.encode(&one.finish(&asked).unwrap()), told);
    assert_eq!(HEXLOWER.encode(&other.finish(&answered).unwrap()), told);
}

#[test]
fn another_password_or_another_name_gives_another_key() {
    let exchange = |joiners: &[u8; 32], name: &[u8]| {
        let (one, answered) = Spake::start(Side::Initiator, &key(), [b"i", b"j"]);
        let (other, asked) = Spake::start(Side::Joiner, joiners, [b"i", name]);
        one.finish(&asked).unwrap() == other.finish(&answered).unwrap()
    };
    assert!(exchange(&key(), b"j"));
    assert!(!exchange(&[0; 32], b"j"));
    assert!(!exchange(&key(), b"k"));
}

#[rstest]
#[case::neutral("0100000000000000000000000000000000000000000000000000000000000000")]
#[case::of_order_2("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
#[case::of_order_4("0000000000000000000000000000000000000000000000000000000000000000")]
#[case::of_order_8("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")]
#[case::with_a_part_of_order_8("131604d01865fbedf9f662d25311c68a197cf286f2683724873a147fed6ada35")]
#[case::in_a_second_spelling("f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
#[case::not_on_the_curve("0200000000000000000000000000000000000000000000000000000000000000")]
#[case::too_short("58666666666666666666666666666666666666666666666666666666666666")]
#[case::too_long("586666666666666666666666666666666666666666666666666666666666666600")]
#[case::of_no_length("")]
fn a_point_that_nobody_honest_sends_is_no_message(#[case] point: &str) {
    let (exchange, _) = Spake::start(Side::Initiator, &key(), [b"i", b"j"]);
    let message = [b"B".as_slice(), &hex(point)].concat();
    assert!(exchange.finish(&message).is_err());
}

#[test]
fn the_base_point_itself_would_be_a_message() {
    let (exchange, _) = Spake::start(Side::Initiator, &key(), [b"i", b"j"]);
    let point = hex("5866666666666666666666666666666666666666666666666666666666666666");
    assert!(exchange.finish(&[b"B".as_slice(), &point].concat()).is_ok());
}

#[test]
fn two_of_the_same_role_do_not_understand_each_other() {
    for side in [Side::Initiator, Side::Joiner] {
        let (exchange, _) = Spake::start(side, &key(), [b"i", b"j"]);
        let (_, same) = Spake::start(side, &key(), [b"i", b"j"]);
        assert!(exchange.finish(&same).is_err());
    }
    let (exchange, _) = Spake::start(Side::Joiner, &key(), [b"i", b"j"]);
    assert!(exchange.finish(&[]).is_err());
}

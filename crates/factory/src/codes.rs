//! The one-time codes by which vendors sign in. They live for minutes, so they live in memory: after
//! a restart a vendor asks for another one.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::error::Unspecified;
use jiff::{SignedDuration, Timestamp};

use crate::secret;

/// How long a code is good.
const GOOD_FOR: SignedDuration = SignedDuration::from_mins(10);
/// Who asks sooner again is sent nothing: nobody's letter box is to be filled.
const SEND_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(1);
/// A code has 40 bits, so ten guesses a minute would take 100,000 years to be half way through.
const TRIES: u8 = 10;

/// The codes that were sent, at most one a vendor.
#[derive(Default)]
pub(crate) struct Codes(Mutex<HashMap<String, Sent>>);

struct Sent {
    code: String,
    last_sent: Timestamp,
    good_until: Timestamp,
    tries_left: u8,
}

impl Codes {
    /// The code to send to this vendor now, if any is to be sent. It is the one that was sent
    /// before while that is good: somebody else who asks cannot make it worthless.
    pub(crate) fn to_send(&self, vendor_id: &str, now: Timestamp) -> Result<Option<String>, Unspecified> {
        let mut all = self.lock();
        all.retain(|_, sent| now < sent.good_until || now < sent.last_sent + SEND_AGAIN_AFTER);
        if let Some(sent) = all.get_mut(vendor_id) {
            if now < sent.last_sent + SEND_AGAIN_AFTER {
                return Ok(None);
            }
            if sent.tries_left > 0 && now < sent.good_until {
                sent.last_sent = now;
                return Ok(Some(sent.code.clone()));
            }
        }
        let code = secret::fresh_code()?;
        let sent = Sent { code: code.clone(), last_sent: now, good_until: now + GOOD_FOR, tries_left: TRIES };
        all.insert(vendor_id.to_owned(), sent);
        Ok(Some(code))
    }

    /// Whether this is the vendor's code. It is good once; a wrong one costs a try.
    pub(crate) fn redeem(&self, vendor_id: &str, code: &str, now: Timestamp) -> bool {
        let mut all = self.lock();
        let live = all.get_mut(vendor_id).filter(|sent| sent.tries_left > 0 && now < sent.good_until);
        let Some(sent) = live else {
            return false;
        };
        sent.tries_left -= 1;
        let is_right = secret::same(&sent.code, &code.trim().to_ascii_uppercase());
        if is_right {
            all.remove(vendor_id);
        }
        is_right
    }

    /// Forgets the code of a vendor that is no more.
    pub(crate) fn forget(&self, vendor_id: &str) {
        self.lock().remove(vendor_id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Sent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_764_669_600 + seconds).unwrap()
    }

    fn send(codes: &Codes, seconds: i64) -> Option<String> {
        codes.to_send("v", at(seconds)).unwrap()
    }

    #[test]
    fn a_code_is_good_once_and_only_for_its_vendor() {
        let codes = Codes::default();
        let code = send(&codes, 0).unwrap();
        assert!(!codes.redeem("w", &code, at(1)));
        assert!(codes.redeem("v", &format!(" {}", code.to_lowercase()), at(1)));
        assert!(!codes.redeem("v", &code, at(1)));
        assert_ne!(send(&codes, 2).unwrap(), code);
    }

    #[test]
    fn a_code_is_good_for_ten_minutes() {
        let codes = Codes::default();
        let code = send(&codes, 0).unwrap();
        assert!(!codes.redeem("v", &code, at(600)));
        let code = send(&codes, 600).unwrap();
        assert!(codes.redeem("v", &code, at(1_199)));
    }

    #[test]
    fn ten_wrong_ones_make_a_code_worthless() {
        let codes = Codes::default();
        let code = send(&codes, 0).unwrap();
        (0..9).for_each(|_| assert!(!codes.redeem("v", "wrong", at(1))));
        assert!(codes.redeem("v", &code, at(1)));

        let code = send(&codes, 2).unwrap();
        (0..10).for_each(|_| assert!(!codes.redeem("v", "wrong", at(3))));
        assert!(!codes.redeem("v", &code, at(3)));
        assert_eq!(send(&codes, 61), None, "a guesser gets ten tries a minute");
        assert_ne!(send(&codes, 62).unwrap(), code);
    }

    #[test]
    fn who_asks_again_gets_the_same_code_but_not_at_once() {
        let codes = Codes::default();
        let code = send(&codes, 0);
        assert_eq!(send(&codes, 59), None);
        assert_eq!(send(&codes, 60), code);
        assert_eq!(send(&codes, 100), None);
        assert!(codes.redeem("v", &code.unwrap(), at(101)));
    }

    #[test]
    fn old_codes_take_no_room() {
        let codes = Codes::default();
        for vendor in 0..100 {
            codes.to_send(&vendor.to_string(), at(0)).unwrap();
        }
        send(&codes, 600);
        assert_eq!(codes.lock().len(), 1);
    }
}

//! Passwords of people: Argon2id (RFC 9106), a few at a time, because each takes memory and a processor on purpose.
//!
//! Keys and client secrets are random and long, and are found by a keyed hash instead (`vault.rs`); a slow one would add nothing.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::{Random, Secret};
use store::StoreError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What a password costs, and how many are hashed at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordSettings {
    /// Memory for one, in KiB.
    pub memory_kib: u32,
    /// How often the memory is gone over.
    pub passes: u32,
    /// Lanes of memory.
    pub lanes: u32,
    /// The most that are hashed at once: they take as often the memory.
    pub at_once: usize,
    /// The most that wait for their turn.
    pub waiting: usize,
}

impl Default for PasswordSettings {
    /// 19 MiB, 2 passes and 1 lane, the least that the OWASP Password Storage Cheat Sheet recommends for Argon2id
    /// (<https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>). Two at once take 38 MiB. No more wait than
    /// get their turn before callers lose patience.
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2, lanes: 1, at_once: 2, waiting: 32 }
    }
}

/// The most memory that a kept hash may ask for, in KiB: one that somebody wrote into the database must not take all there is.
const MOST_MEMORY_KIB: u32 = 64 * 1024;

/// The most passwords of suspected addresses that are inside, so that whoever guesses there keeps nobody else out.
const MOST_SUSPECTS: usize = 4;

/// The length of a salt: RFC 9106 section 3.1 recommends 16 bytes.
const SALT_BYTES: usize = 16;

/// What became of a password that was presented.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is another one.
    Wrong,
    /// It is the one; when the kept hash has other parameters than now, with the hash that is to be kept instead.
    Right(Option<String>),
}

impl std::fmt::Debug for Verdict {
    /// Without the hash, by which passwords can be tried elsewhere.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Wrong => "Wrong",
            Self::Right(None) => "Right",
            Self::Right(Some(_)) => "Right, with another hash",
        })
    }
}

/// Hashes passwords, a few at a time.
pub(crate) struct Passwords {
    params: Params,
    /// Who is inside: those that are hashed, and those that wait.
    places: Arc<Semaphore>,
    /// Of those, the ones that a suspected address may have.
    suspects: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

/// Held while a password is hashed.
type Turn = (OwnedSemaphorePermit, OwnedSemaphorePermit);

impl Passwords {
    /// # Panics
    /// When the settings are none that Argon2 has.
    pub(crate) fn new(settings: &PasswordSettings) -> Self {
        let params = Params::new(settings.memory_kib, settings.passes, settings.lanes, None)
            .expect("the cost of a password is a constant of the program, or of a test");
        let at_once = settings.at_once.max(1);
        Self {
            params,
            places: Arc::new(Semaphore::new(at_once + settings.waiting)),
            suspects: Arc::new(Semaphore::new(MOST_SUSPECTS)),
            turns: Arc::new(Semaphore::new(at_once)),
        }
    }

    /// Waits for a turn.
    async fn turn(&self) -> Result<Turn, StoreError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| StoreError::Overloaded)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| StoreError::Overloaded)?;
        Ok((place, turn))
    }

    /// Runs `work` on a thread that may be kept busy. Who goes away meanwhile keeps the turn until it is done.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(Argon2<'static>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn = self.turn().await?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone());
        let done = tokio::task::spawn_blocking(move || {
            let done = work(argon2);
            drop(turn);
            done
        });
        done.await.unwrap_or(Err(StoreError::Panicked))
    }

    /// The hash of a password that is to be kept: a PHC string.
    ///
    /// # Errors
    /// [`StoreError::Overloaded`] when too many wait.
    pub(crate) async fn hash(&self, password: Secret<String>, random: &dyn Random) -> Result<String, StoreError> {
        let salt = salt(random);
        self.run(move |argon2| hash(&argon2, &password, &salt)).await
    }

    /// A place among those that suspected addresses may have. To be held until the password was looked at.
    ///
    /// # Errors
    /// [`StoreError::Overloaded`] when none is left.
    pub(crate) fn suspect(&self) -> Result<OwnedSemaphorePermit, StoreError> {
        Arc::clone(&self.suspects).try_acquire_owned().map_err(|_| StoreError::Overloaded)
    }

    /// Whether `password` is the one that `kept` is the hash of. Without one, which is a user that nobody has, it takes as long and is wrong.
    ///
    /// # Errors
    /// [`StoreError::Overloaded`] when too many wait, [`StoreError::Broken`] when what is kept is no hash.
    pub(crate) async fn verify(
        &self,
        password: Secret<String>,
        kept: Option<String>,
        random: &dyn Random,
    ) -> Result<Verdict, StoreError> {
        let salt = salt(random);
        self.run(move |argon2| {
            let Some(kept) = kept else {
                return hash(&argon2, &password, &salt).map(|_| Verdict::Wrong);
            };
            let kept = PasswordHash::new(&kept).map_err(unreadable)?;
            let params = Params::try_from(&kept).map_err(unreadable)?;
            if params.m_cost() > MOST_MEMORY_KIB {
                return Err(unreadable("the hash asks for more memory than it may take"));
            }
            match argon2.verify_password(password.expose().as_bytes(), &kept) {
                Ok(()) => {}
                Err(argon2::password_hash::Error::PasswordInvalid) => return Ok(Verdict::Wrong),
                Err(error) => return Err(unreadable(error)),
            }
            let is_current = kept.algorithm == Algorithm::Argon2id.ident()
                && kept.version == Some(Version::V0x13.into())
                && same_cost(&params, argon2.params());
            let renewed = if is_current { None } else { Some(hash(&argon2, &password, &salt)?) };
            Ok(Verdict::Right(renewed))
        })
        .await
    }
}

fn same_cost(one: &Params, other: &Params) -> bool {
    (one.m_cost(), one.t_cost(), one.p_cost()) == (other.m_cost(), other.t_cost(), other.p_cost())
}

fn salt(random: &dyn Random) -> [u8; SALT_BYTES] {
    let mut salt = [0; SALT_BYTES];
    random.fill(&mut salt);
    salt
}

fn hash(argon2: &Argon2<'_>, password: &Secret<String>, salt: &[u8]) -> Result<String, StoreError> {
    let hash: Result<PasswordHash, _> = argon2.hash_password_with_salt(password.expose().as_bytes(), salt);
    hash.map(|hash| hash.to_string()).map_err(unreadable)
}

fn unreadable(error: impl std::fmt::Display) -> StoreError {
    // In words, because the errors of the crate are none of the standard library without a further feature.
    StoreError::unreadable("merchant_user.password", error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(std::sync::atomic::AtomicU8);
    impl Random for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        }
    }

    fn random() -> Counting {
        Counting(0.into())
    }

    const CHEAP: PasswordSettings = PasswordSettings { memory_kib: 64, passes: 1, lanes: 1, at_once: 1, waiting: 1 };

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn a_password_opens_its_own_hash_only() {
        let (passwords, random) = (Passwords::new(&PasswordSettings::default()), random());
        let kept = passwords.hash(secret("dice-manila-purism"), &random).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        let verify =
            async |password, kept: &str| passwords.verify(secret(password), Some(kept.to_owned()), &random).await;
        assert_eq!(verify("dice-manila-purism", &kept).await.unwrap(), Verdict::Right(None));
        for wrong in ["", "dice-manila-puris", "Dice-manila-purism"] {
            assert_eq!(verify(wrong, &kept).await.unwrap(), Verdict::Wrong, "{wrong}");
        }
        assert_ne!(passwords.hash(secret("dice-manila-purism"), &random).await.unwrap(), kept, "each has its salt");
        let nobody = passwords.verify(secret("dice-manila-purism"), None, &random).await.unwrap();
        assert_eq!(nobody, Verdict::Wrong);
        for broken in [
            "",
            "dice-manila-purism",
            "$argon2id$v=19$m=4194304,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ] {
            assert!(matches!(verify("x", broken).await, Err(StoreError::Broken { .. })), "{broken}");
        }
    }

    #[tokio::test]
    async fn a_hash_of_other_parameters_is_renewed_when_it_opens() {
        let (old, new, random) = (Passwords::new(&CHEAP), Passwords::new(&PasswordSettings::default()), random());
        let kept = old.hash(secret("dice-manila-purism"), &random).await.unwrap();
        assert!(kept.contains("m=64,t=1,p=1"), "{kept}");
        let wrong = new.verify(secret("other"), Some(kept.clone()), &random).await.unwrap();
        assert_eq!(wrong, Verdict::Wrong);
        let Verdict::Right(Some(renewed)) =
            new.verify(secret("dice-manila-purism"), Some(kept), &random).await.unwrap()
        else {
            panic!("it is renewed")
        };
        assert!(renewed.contains("m=19456,t=2,p=1"), "{renewed}");
        let again = new.verify(secret("dice-manila-purism"), Some(renewed), &random).await.unwrap();
        assert_eq!(again, Verdict::Right(None));
    }

    #[test]
    fn suspects_have_few_places() {
        let passwords = Passwords::new(&CHEAP);
        let inside: Vec<_> = (0..MOST_SUSPECTS).map(|_| passwords.suspect().unwrap()).collect();
        assert!(matches!(passwords.suspect(), Err(StoreError::Overloaded)));
        drop(inside);
        assert!(passwords.suspect().is_ok());
    }

    #[tokio::test]
    async fn more_than_may_wait_are_turned_away() {
        let passwords = Passwords::new(&CHEAP);
        let first = passwords.turn().await.unwrap();
        let mut second = Box::pin(passwords.turn());
        let waits = std::future::poll_fn(|context| std::task::Poll::Ready(second.as_mut().poll(context).is_pending()));
        assert!(waits.await, "one at once");
        assert!(matches!(passwords.turn().await, Err(StoreError::Overloaded)));
        let refused = passwords.verify(secret("x"), None, &random()).await;
        assert!(matches!(refused, Err(StoreError::Overloaded)), "{refused:?}");
        drop(first);
        drop(second.await.unwrap());
        assert_eq!(passwords.verify(secret("x"), None, &random()).await.unwrap(), Verdict::Wrong);
    }
}

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use evercred_core::{BoxFuture, TokenError};
use evercred_test_support::tokens::jwt;
use tokio::time::Instant;

use super::*;

/// Wall time that runs with the runtime's paused clock.
#[derive(Debug)]
struct PausedClock(Instant);

impl PausedClock {
    fn new() -> Arc<Self> {
        Arc::new(Self(Instant::now()))
    }
}

impl WallClock for PausedClock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000) + self.0.elapsed()
    }
}

/// Gives the outcomes of its script one after another, a second each.
#[derive(Debug)]
struct Scripted {
    script: Mutex<VecDeque<Result<String, Advice>>>,
    local: bool,
}

impl Scripted {
    fn remote(script: impl IntoIterator<Item = Result<String, Advice>>) -> Arc<dyn TokenSource> {
        Arc::new(Self { script: Mutex::new(script.into_iter().collect()), local: false })
    }
}

impl TokenSource for Scripted {
    fn describe(&self) -> String {
        "script".to_owned()
    }

    fn mint<'a>(&'a self, _: &'a Audience) -> BoxFuture<'a, Result<IdToken, Failure>> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let next = self.script.lock().unwrap().pop_front().expect("the script is at its end");
            next.map(|text| IdToken::parse(&text).unwrap())
                .map_err(|advice| Failure::new("mint", "script", advice).hint("Wait."))
        })
    }

    fn is_local(&self) -> bool {
        self.local
    }
}

/// A token of the seconds `from..to` after the clock's start.
fn token(audience: &str, from: i64, to: i64) -> String {
    jwt(&serde_json::json!({ "aud": audience, "iat": 1_000_000 + from, "exp": 1_000_000 + to }))
}

fn audience() -> Audience {
    Audience::new("a")
}

#[tokio::test(start_paused = true)]
async fn callers_at_the_same_time_share_one_mint() {
    let source = Scripted::remote([Ok(token("a", 0, 3600))]);
    let tokens = SharedTokens::new(PausedClock::new());
    let audience = audience();
    let (one, two, three) = tokio::join!(
        tokens.token(&source, &audience, Want::Usable),
        tokens.token(&source, &audience, Want::Fresh),
        tokens.token(&source, &audience, Want::Usable),
    );
    let one = one.unwrap();
    assert!(Arc::ptr_eq(&one, &two.unwrap()) && Arc::ptr_eq(&one, &three.unwrap()));
}

#[tokio::test(start_paused = true)]
async fn callers_at_the_same_time_share_one_failure_and_the_next_one_tries_again() {
    let source = Scripted::remote([Err(Advice::NeedsAttention), Ok(token("a", 0, 3600))]);
    let tokens = SharedTokens::new(PausedClock::new());
    let audience = audience();
    let (one, two) = tokio::join!(
        tokens.token(&source, &audience, Want::Usable),
        tokens.token(&source, &audience, Want::Usable),
    );
    for failure in [one.unwrap_err(), two.unwrap_err()] {
        assert_eq!(failure.to_string(), "failed to get an ID token for a (script)");
        assert_eq!((failure.advice(), failure.remedy()), (Advice::NeedsAttention, Some("Wait.")));
        let cause = std::error::Error::source(&failure).unwrap();
        assert_eq!(cause.to_string(), "failed to mint (script)");
    }
    tokens.token(&source, &audience, Want::Usable).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_leaves_the_mint_to_the_next() {
    let source = Scripted::remote([Ok(token("a", 0, 3600))]);
    let tokens = SharedTokens::new(PausedClock::new());
    let audience = audience();
    let given_up =
        tokio::time::timeout(Duration::from_millis(10), tokens.token(&source, &audience, Want::Usable));
    let (given_up, patient) = tokio::join!(given_up, tokens.token(&source, &audience, Want::Usable));
    assert!(given_up.is_err());
    patient.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_token_is_shared_until_near_its_end() {
    let source = Scripted::remote([Ok(token("a", 0, 3600)), Ok(token("a", 3300, 6900))]);
    let tokens = SharedTokens::new(PausedClock::new());
    let first = tokens.token(&source, &audience(), Want::Usable).await.unwrap();
    tokio::time::advance(Duration::from_secs(3200)).await;
    let still = tokens.token(&source, &audience(), Want::Usable).await.unwrap();
    tokio::time::advance(Duration::from_secs(100)).await;
    let next = tokens.token(&source, &audience(), Want::Usable).await.unwrap();
    assert!(Arc::ptr_eq(&first, &still));
    assert!(!Arc::ptr_eq(&first, &next));
}

#[tokio::test(start_paused = true)]
async fn while_the_source_is_down_a_token_near_its_end_is_given_until_its_end() {
    let down = || Err(Advice::RETRY);
    let source = Scripted::remote([Ok(token("a", 0, 100)), down(), down(), down()]);
    let tokens = SharedTokens::new(PausedClock::new());
    let first = tokens.token(&source, &audience(), Want::Usable).await.unwrap();
    tokio::time::advance(Duration::from_secs(90)).await;
    let still = tokens.token(&source, &audience(), Want::Usable).await.unwrap();
    assert!(Arc::ptr_eq(&first, &still));
    tokens.token(&source, &audience(), Want::Fresh).await.unwrap_err();
    tokio::time::advance(Duration::from_secs(10)).await;
    tokens.token(&source, &audience(), Want::Usable).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_token_past_its_first_quarter_is_not_fresh_but_usable() {
    let source = Scripted::remote([Ok(token("a", 0, 400)), Ok(token("a", 100, 500))]);
    let tokens = SharedTokens::new(PausedClock::new());
    let first = tokens.token(&source, &audience(), Want::Fresh).await.unwrap();
    tokio::time::advance(Duration::from_secs(99)).await;
    let usable = tokens.token(&source, &audience(), Want::Usable).await.unwrap();
    let fresh = tokens.token(&source, &audience(), Want::Fresh).await.unwrap();
    assert!(Arc::ptr_eq(&first, &usable));
    assert!(!Arc::ptr_eq(&first, &fresh));
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_once_for_all_who_were_refused() {
    let source = Scripted::remote([Ok(token("a", 0, 3600)), Ok(token("a", 1, 3601))]);
    let tokens = SharedTokens::new(PausedClock::new());
    let refused = tokens.token(&source, &audience(), Want::Usable).await.unwrap();
    let want = Want::OtherThan(Arc::clone(&refused));
    let one = tokens.token(&source, &audience(), want.clone()).await.unwrap();
    let two = tokens.token(&source, &audience(), want).await.unwrap();
    assert!(!same(&one, &refused));
    assert!(Arc::ptr_eq(&one, &two));
}

#[tokio::test(start_paused = true)]
async fn the_refused_token_is_never_given_again() {
    let source = Scripted::remote([Ok(token("a", 0, 3600)), Ok(token("a", 0, 3600))]);
    let tokens = SharedTokens::new(PausedClock::new());
    let refused = tokens.token(&source, &audience(), Want::Usable).await.unwrap();
    let failure = tokens.token(&source, &audience(), Want::OtherThan(refused)).await.unwrap_err();
    let cause = std::error::Error::source(&failure).unwrap().to_string();
    assert!(cause.contains("the one that the provider refused"), "{cause}");
    assert_eq!(failure.advice(), Advice::RETRY);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_keeps_the_refused_token_is_not_asked_by_each_caller() {
    let source = Scripted::remote([Ok(token("a", 0, 3600)), Ok(token("a", 0, 3600))]);
    let tokens = SharedTokens::new(PausedClock::new());
    let refused = tokens.token(&source, &audience(), Want::Usable).await.unwrap();
    let audience = audience();
    let (one, two) = tokio::join!(
        tokens.token(&source, &audience, Want::OtherThan(Arc::clone(&refused))),
        tokens.token(&source, &audience, Want::OtherThan(Arc::clone(&refused))),
    );
    assert!(one.is_err() && two.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_failed_mint_does_not_make_an_old_token_fresh_for_those_who_waited() {
    let source = Scripted::remote([Ok(token("a", 0, 400)), Err(Advice::RETRY)]);
    let tokens = SharedTokens::new(PausedClock::new());
    tokens.token(&source, &audience(), Want::Usable).await.unwrap();
    tokio::time::advance(Duration::from_secs(200)).await;
    let audience = audience();
    let (one, two) = tokio::join!(
        tokens.token(&source, &audience, Want::Fresh),
        tokens.token(&source, &audience, Want::Fresh),
    );
    assert!(one.is_err() && two.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_local_source_is_read_every_time() {
    let script = [Ok(token("a", 0, 3600)), Ok(token("a", 1, 3600))];
    let source: Arc<dyn TokenSource> =
        Arc::new(Scripted { script: Mutex::new(script.into_iter().collect()), local: true });
    let tokens = SharedTokens::new(PausedClock::new());
    let one = tokens.token(&source, &audience(), Want::Usable).await.unwrap();
    let two = tokens.token(&source, &audience(), Want::Usable).await.unwrap();
    assert!(!same(&one, &two));
}

#[tokio::test(start_paused = true)]
async fn tokens_of_different_audiences_and_sources_are_kept_apart() {
    let source = Scripted::remote([Ok(token("a", 0, 3600)), Ok(token("b", 0, 3600))]);
    let other = Scripted::remote([Ok(token("a", 1, 3601))]);
    let tokens = SharedTokens::new(PausedClock::new());
    let one = tokens.token(&source, &audience(), Want::Usable).await.unwrap();
    let two = tokens.token(&source, &Audience::new("b"), Want::Usable).await.unwrap();
    let three = tokens.token(&other, &audience(), Want::Usable).await.unwrap();
    assert!(!same(&one, &two) && !same(&one, &three));
}

#[tokio::test(start_paused = true)]
async fn the_slots_of_sources_that_are_gone_are_dropped() {
    let tokens = SharedTokens::new(PausedClock::new());
    for _ in 0..10 {
        let source = Scripted::remote([Ok(token("a", 0, 3600))]);
        tokens.token(&source, &audience(), Want::Usable).await.unwrap();
    }
    assert_eq!(tokens.slots.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_a_provider_would_refuse_is_refused_here_by_claim_with_a_hint() {
    for (text, claim, class) in [
        (token("b", 0, 3600), "`aud`", Advice::NeedsAttention),
        (token("a", -3600, -5), "`exp`", Advice::RETRY),
        (token("a", 90, 3600), "`iat`", Advice::RETRY),
    ] {
        let tokens = SharedTokens::new(PausedClock::new());
        let failure =
            tokens.token(&Scripted::remote([Ok(text)]), &audience(), Want::Usable).await.unwrap_err();
        let cause = std::error::Error::source(&failure).unwrap().to_string();
        assert!(cause.contains(claim), "{cause}");
        assert_eq!(failure.advice(), class, "{cause}");
        assert!(failure.remedy().is_some_and(|hint| hint.ends_with('.')), "{cause}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_without_end_is_not_taken() {
    let endless = jwt(&serde_json::json!({ "aud": "a" }));
    let tokens = SharedTokens::new(PausedClock::new());
    let failure =
        tokens.token(&Scripted::remote([Ok(endless)]), &audience(), Want::Usable).await.unwrap_err();
    let cause = std::error::Error::source(&failure).unwrap().to_string();
    assert!(cause.contains(&TokenError::Missing("exp").to_string()), "{cause}");
}

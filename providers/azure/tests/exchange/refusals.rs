//! Every refusal that Entra is known to answer with, and what the user is told: one file in `refusals/` each.

use std::path::Path;

use evercred_test_support::refusals::Refusal;
use evercred_test_support::tokens::SIGNATURE;

#[tokio::test]
async fn every_refusal_has_its_class_its_sentence_and_its_remedy() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exchange/refusals");
    for refusal in Refusal::all(&folder, 30) {
        let (_server, provider) = crate::rig(&refusal.config, vec![refusal.answer()]).await;
        let failure = crate::exchange(&*provider).await.unwrap_err();
        refusal.check(&failure, &[SIGNATURE, "Trace ID"]);
    }
}

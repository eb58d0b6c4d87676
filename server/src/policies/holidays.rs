//! `fieldloop holidays import FILE`: next year's holidays, by a file and not by a release.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use domain::Timestamp;
use domain::sla::holiday_file::{self, DayChange, day_changes};
use domain::sla::{HolidaySet, Policy};

use super::{PublishRefusal, Wanted, prepare};
use crate::store::Store;

/// Publishes a version of the policy with the holidays of a file in place of those of the same id. Says what changed.
///
/// # Errors
/// With a sentence, when the file can't be taken.
pub(crate) async fn import(store: &Store, file: &Path, now: Timestamp) -> Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} can't be read", file.display()))?;
    let set = match holiday_file::read(&text) {
        Ok(set) => set,
        Err(problem) => bail!("{} does not hold a set of holidays: {problem}", file.display()),
    };
    let mut told = String::new();
    let published = store
        .publish_policy(now, |versions| {
            let latest = versions.last().map_or_else(Policy::shipped, |published| published.policy.clone());
            let base = latest.version;
            let (policy, change) = replace(latest, set)?;
            told = change;
            prepare(Wanted { policy, base, effective: None, by: None }, versions, now).map_err(sentence)
        })
        .await
        .context("the policy can't be stored")?;
    let policy = published?.policy;
    Ok(format!("{told}\nPublished as version {} of the policy; it holds from now on.", policy.version))
}

/// The policy with the set, and what that changes.
fn replace(mut policy: Policy, set: HolidaySet) -> Result<(Policy, String)> {
    let followed_by: Vec<_> = policy
        .calendars
        .iter()
        .filter(|calendar| calendar.holidays.contains(&set.id))
        .map(|c| c.id.as_str())
        .collect();
    let follows = match &followed_by[..] {
        [] => "No calendar follows it yet.".to_owned(),
        calendars => format!("Followed by: {}.", calendars.join(", ")),
    };
    let HolidaySet { id, until, .. } = &set;
    let told = match policy.holidays.iter().find(|known| known.id == *id) {
        None => format!("“{id}” is new: {} special days, complete until {until}. {follows}", set.days.len()),
        Some(known) if *known == set => {
            bail!("“{id}” is in the policy as it is in the file; nothing was changed")
        }
        Some(known) if known.until > *until => bail!(
            "“{id}” is complete until {} now, and the file only until {until}; it would take days away",
            known.until
        ),
        Some(known) => {
            let changes = day_changes(Some(known), &set);
            let count = |is: fn(&DayChange) -> bool| changes.iter().filter(|(_, change)| is(change)).count();
            let added = count(|change| matches!(change, DayChange::Added(_)));
            let changed = count(|change| matches!(change, DayChange::Changed { .. }));
            let removed = count(|change| matches!(change, DayChange::Removed(_)));
            format!(
                "“{id}”: {added} days added, {changed} changed, {removed} removed; complete until {until} (before: {}). \
                 {follows}",
                known.until
            )
        }
    };
    policy.note = format!("Holidays “{id}” until {until}");
    match policy.holidays.iter_mut().find(|known| known.id == *id) {
        Some(known) => *known = set,
        None => policy.holidays.push(set),
    }
    Ok((policy, told))
}

fn sentence(refusal: PublishRefusal) -> anyhow::Error {
    match refusal {
        PublishRefusal::Problems(problems) => {
            let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
            anyhow::anyhow!("with these holidays the policy could not be published: {}", problems.join("; "))
        }
        PublishRefusal::ScheduledLater { version } => anyhow::anyhow!(
            "version {version} of the policy is scheduled and would undo the change; withdraw it first, or wait for it"
        ),
        PublishRefusal::UnknownZone { calendar, zone } => {
            anyhow::anyhow!("calendar “{calendar}”: there is no time zone “{zone}”")
        }
        refusal => anyhow::anyhow!("the policy could not be published: {refusal:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::START;

    async fn import_text(store: &Store, folder: &Path, text: &str) -> Result<String> {
        let file = folder.join("holidays.json");
        std::fs::write(&file, text).unwrap();
        import(store, &file, START).await
    }

    fn shipped_set() -> serde_json::Value {
        serde_json::to_value(&Policy::shipped().holidays[0]).unwrap()
    }

    #[tokio::test]
    async fn a_longer_set_takes_the_place_of_the_known_one_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let mut set = shipped_set();
        set["until"] = "2027-12-31".into();
        set["days"]["2027-01-01"] = serde_json::json!({ "is": "holiday", "name": { "en": "New Year" } });
        let told = import_text(&store, folder.path(), &set.to_string()).await.unwrap();
        assert!(told.contains("1 days added, 0 changed, 0 removed"), "{told}");
        assert!(told.contains("Followed by: office."), "{told}");
        assert!(told.contains("version 2"), "{told}");
        let policies = store.policies().await.unwrap();
        assert_eq!(policies[1].policy.holidays.len(), 1);
        assert_eq!(policies[1].policy.effective, START);
        assert_eq!(store.directory().await.unwrap().policies.len(), 2);
    }

    #[tokio::test]
    async fn what_can_not_be_taken_is_refused_with_a_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let mut shorter = shipped_set();
        shorter["until"] = "2024-12-31".into();
        shorter["days"] = serde_json::json!({ "2024-10-01": { "is": "holiday" } });
        let mut early = shipped_set();
        early["until"] = "2024-12-31".into();
        let cases = [
            ("nonsense".to_owned(), "does not hold a set of holidays"),
            (r#"{"id":"x","name":{},"until":"2027-12-31","days":{}}"#.to_owned(), "has no days"),
            (shipped_set().to_string(), "nothing was changed"),
            (shorter.to_string(), "would take days away"),
            (early.to_string(), "complete until 2024-12-31, and its last day is"),
        ];
        for (text, sentence) in cases {
            let refused = import_text(&store, folder.path(), &text).await.unwrap_err().to_string();
            assert!(refused.contains(sentence), "{refused}");
        }
        assert!(import(&store, &folder.path().join("missing"), START).await.is_err());
        assert_eq!(store.policies().await.unwrap().len(), 1);
    }
}

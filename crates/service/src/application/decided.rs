//! A new application with what was decided of it.

use std::time::Duration;

use domain::application::ApplicationStatus;
use domain::decision::{Case, Decision, Earlier};
use store::StoreError;
use store::credit_application::CreditApplicationRow;

use super::NewApplication;
use crate::Core;
use crate::application_content::{Content, reasons_of};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Who decides where no person does, in `decided_by`.
const BY_POLICY: &str = "policy";

impl Core {
    /// The row of a new application that was decided so.
    pub(super) fn decided(
        &self,
        new: &NewApplication,
        earlier: Earlier,
        decision: Decision,
    ) -> Result<CreditApplicationRow, StoreError> {
        let case = Case { earlier, ..new.content.case.clone() };
        let (now, reapply_after) = (new.row.created_at, DAY * case.policy.reapply_after_days);
        let status = ApplicationStatus::after(decision.verdict);
        let is_decided = matches!(status, ApplicationStatus::Approved | ApplicationStatus::Declined);
        let mut row = CreditApplicationRow {
            status: status.as_str().to_owned(),
            reasons: reasons_of(&decision),
            bars_until: decision.bars_others().then(|| now.after(reapply_after).micros()),
            decided_at: is_decided.then(|| now.micros()),
            decided_by: is_decided.then(|| BY_POLICY.to_owned()),
            ..new.row.clone()
        };
        let content = Content { case, decisions: vec![decision], ..new.content.clone() };
        let sealed = self.seal_application(row.application, &content)?;
        (row.sealed, row.master_key_version) = (sealed.bytes, sealed.version);
        Ok(row)
    }
}

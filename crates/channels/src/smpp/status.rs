//! What the command status of an answer means (SMPP 3.4, 5.1.3).

use std::borrow::Cow;

use crate::FaultKind;

pub(super) const OK: u32 = 0x00;
pub(super) const INVALID_COMMAND: u32 = 0x03;
pub(super) const QUEUE_FULL: u32 = 0x14;
/// The receiver of a message could not take it now: send it again.
pub(super) const TEMPORARY_FOR_RECEIVER: u32 = 0x64;
const INVALID_BIND_STATE: u32 = 0x04;
const SYSTEM_ERROR: u32 = 0x08;
const SUBMIT_FAILED: u32 = 0x45;
const THROTTLED: u32 = 0x58;
/// Neither taken nor refused in a way that we know.
pub(super) const UNKNOWN: u32 = 0xff;

/// What may be done after the answer `status` to a message; `further` are those that pass at this provider.
pub(super) fn kind(status: u32, further: &[u32]) -> FaultKind {
    match status {
        THROTTLED | QUEUE_FULL => FaultKind::Throttled,
        INVALID_BIND_STATE | SYSTEM_ERROR | SUBMIT_FAILED | TEMPORARY_FOR_RECEIVER | UNKNOWN => FaultKind::Temporary,
        status if further.contains(&status) => FaultKind::Temporary,
        _ => FaultKind::Permanent,
    }
}

/// Its name in the standard, or its number.
pub(super) fn name(status: u32) -> Cow<'static, str> {
    let name = match status {
        OK => "ESME_ROK",
        0x01 => "ESME_RINVMSGLEN",
        0x02 => "ESME_RINVCMDLEN",
        INVALID_COMMAND => "ESME_RINVCMDID",
        INVALID_BIND_STATE => "ESME_RINVBNDSTS",
        0x05 => "ESME_RALYBND",
        0x06 => "ESME_RINVPRTFLG",
        0x07 => "ESME_RINVREGDLVFLG",
        SYSTEM_ERROR => "ESME_RSYSERR",
        0x0a => "ESME_RINVSRCADR",
        0x0b => "ESME_RINVDSTADR",
        0x0c => "ESME_RINVMSGID",
        0x0d => "ESME_RBINDFAIL",
        0x0e => "ESME_RINVPASWD",
        0x0f => "ESME_RINVSYSID",
        QUEUE_FULL => "ESME_RMSGQFUL",
        0x15 => "ESME_RINVSERTYP",
        0x43 => "ESME_RINVESMCLASS",
        SUBMIT_FAILED => "ESME_RSUBMITFAIL",
        0x48 => "ESME_RINVSRCTON",
        0x49 => "ESME_RINVSRCNPI",
        0x50 => "ESME_RINVDSTTON",
        0x51 => "ESME_RINVDSTNPI",
        0x53 => "ESME_RINVSYSTYP",
        THROTTLED => "ESME_RTHROTTLED",
        0x61 => "ESME_RINVSCHED",
        0x62 => "ESME_RINVEXPIRY",
        TEMPORARY_FOR_RECEIVER => "ESME_RX_T_APPN",
        0x65 => "ESME_RX_P_APPN",
        0x66 => "ESME_RX_R_APPN",
        0xc1 => "ESME_ROPTPARNOTALLWD",
        0xc4 => "ESME_RINVOPTPARAMVAL",
        0xfe => "ESME_RDELIVERYFAILURE",
        UNKNOWN => "ESME_RUNKNOWNERR",
        _ => return Cow::Owned(format!("0x{status:08x}")),
    };
    Cow::Borrowed(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        for (status, expected) in [
            (0x58, FaultKind::Throttled),
            (0x14, FaultKind::Throttled),
            (0x08, FaultKind::Temporary),
            (0x45, FaultKind::Temporary),
            (0x0b, FaultKind::Permanent),
            (0x401, FaultKind::Permanent),
            (0x402, FaultKind::Temporary),
        ] {
            assert_eq!(kind(status, &[0x402]), expected, "{}", name(status));
        }
        assert_eq!((name(0x58), name(0x401)), ("ESME_RTHROTTLED".into(), "0x00000401".into()));
    }
}

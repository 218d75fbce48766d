//! `[messages]`: short messages and mail: by which channel they leave, and what they say of themselves.

use channels::smtp::is_address;
use domain::sms::{MOST_PARTS, Sender, SmsRules};
use service::mail::MailSettings;
use service::sms::SmsSettings;

use super::ConfigError;
use super::channels::{Carried, Channels, check_use};
use super::error::at_least_one;
use super::section::section;
use super::span::Span;

section! {
    /// Short messages and mail: by which channel they leave, and what they say of themselves.
    Messages, MessagesLayer, "messages";

    /// The channel of short messages. Without it: the console in sandbox, none in production
    sms_channel ["TALLYSTICK_SMS_CHANNEL", "NAME"]: String;

    /// Who a short message is from when it does not say: a number in E.164, a short code, or a name of at most 11 characters
    sms_sender ["TALLYSTICK_SMS_SENDER", "SENDER"]: String = "Tallystick".to_owned();

    /// The most parts of a short message
    sms_max_parts ["TALLYSTICK_SMS_MAX_PARTS", "NUMBER"]: usize = 10;

    /// How long a short message is kept after it was asked for. One whose state is not final yet stays
    sms_retention ["TALLYSTICK_SMS_RETENTION", "SPAN"]: Span = Span(service::Settings::default().sms_retention);

    /// The channel of mail. Without it no mail is sent
    mail_channel ["TALLYSTICK_MAIL_CHANNEL", "NAME"]: String;

    /// Who mail is from: `Example Oy <noreply@example.com>`
    mail_from ["TALLYSTICK_MAIL_FROM", "ADDRESS"]: String;

    /// Where the operator's own mail goes
    operator_mail ["TALLYSTICK_OPERATOR_MAIL", "ADDRESS"]: String;
}

/// The channel that is there in sandbox when none is set up.
pub(crate) const CONSOLE: &str = "console";

impl Messages {
    pub(crate) fn check(&self, channels: &Channels) -> Result<(), ConfigError> {
        at_least_one("sms-max-parts", self.sms_max_parts)?;
        let wrong = |setting: &'static str, reason: String| Err(ConfigError::invalid(setting, reason));
        if let Err(fault) = Sender::parse(&self.sms_sender) {
            return wrong("sms-sender", fault.to_string());
        }
        if self.sms_max_parts > MOST_PARTS {
            return wrong("sms-max-parts", format!("a short message has {MOST_PARTS} parts at most"));
        }
        for (setting, name, what) in
            [("sms-channel", &self.sms_channel, Carried::Sms), ("mail-channel", &self.mail_channel, Carried::Mail)]
        {
            if let Some(name) = name {
                check_use(setting, name, what, channels)?;
            }
        }
        for (setting, value) in [("mail-from", &self.mail_from), ("operator-mail", &self.operator_mail)] {
            match value {
                None if self.mail_channel.is_some() => {
                    return wrong(setting, "is needed where mail-channel is set".to_owned());
                }
                Some(address) if !is_address(address) => {
                    return wrong(
                        setting,
                        format!("`{address}` is no mail address: write it like Example Oy <noreply@example.com>"),
                    );
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// How short messages leave.
    #[must_use]
    pub fn sms(&self, sandbox: bool) -> Option<SmsSettings> {
        let channel = self.sms_channel.clone().or_else(|| sandbox.then(|| CONSOLE.to_owned()))?;
        // It was checked.
        let sender = Sender::parse(&self.sms_sender).ok()?;
        Some(SmsSettings { channel, rules: SmsRules { sender, most_parts: self.sms_max_parts } })
    }

    /// How mail leaves.
    #[must_use]
    pub fn mail(&self) -> Option<MailSettings> {
        Some(MailSettings {
            channel: self.mail_channel.clone()?,
            from: self.mail_from.clone()?,
            operator: self.operator_mail.clone()?,
        })
    }
}

/// Refuses what sandbox alone may have.
pub(crate) fn check_environment(channels: &Channels, sandbox: bool) -> Result<(), ConfigError> {
    match channels.iter().find(|(_, channel)| channel.kind.is_sandbox_only()) {
        Some((name, channel)) if !sandbox => Err(ConfigError::invalid(
            "environment",
            format!("[channels.{name}] is a {}, which is for sandbox only: it delivers nothing", channel.kind.name()),
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_needs_addresses_that_are_some() {
        let channels: Channels =
            toml::from_str("[post]\nkind = 'smtp'\nhost = 'h'\nmessage-id-domain = 'a.example'").unwrap();
        let check = |from: &str, operator: Option<&str>| {
            let messages = Messages {
                mail_channel: Some("post".to_owned()),
                mail_from: Some(from.to_owned()),
                operator_mail: operator.map(str::to_owned),
                ..Messages::default()
            };
            messages.check(&channels).map_err(|error| error.to_string())
        };
        assert_eq!(check("Example Oy <noreply@example.com>", Some("deployment@example.com")), Ok(()));
        for (from, operator, setting, told) in [
            ("noreply", Some("deployment@example.com"), "mail-from", "`noreply` is no mail address"),
            ("noreply@example.com", Some("deployment"), "operator-mail", "like Example Oy <noreply@example.com>"),
            ("noreply@example.com", None, "operator-mail", "is needed"),
        ] {
            let error = check(from, operator).unwrap_err();
            assert!(error.contains(setting) && error.contains(told), "{error}");
        }
    }

    #[test]
    fn mail_goes_into_a_folder_where_that_is_asked_for_and_in_sandbox_only() {
        assert!(Messages::default().mail().is_none(), "nobody is surprised by mails on the disk");
        let channels: Channels = toml::from_str("[mails]\nkind = 'mail-folder'\nfolder = 'mails'").unwrap();
        let messages = Messages {
            mail_channel: Some("mails".to_owned()),
            mail_from: Some("noreply@example.com".to_owned()),
            operator_mail: Some("deployment@example.com".to_owned()),
            ..Messages::default()
        };
        messages.check(&channels).unwrap();
        check_environment(&channels, true).unwrap();
        let error = check_environment(&channels, false).unwrap_err().to_string();
        assert!(error.contains("[channels.mails] is a mail-folder, which is for sandbox only"), "{error}");
    }
}

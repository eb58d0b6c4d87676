//! What mails say, in all languages: the only words that the server speaks to people. Everything else is said by the app.

use domain::Timestamp;
use domain::sla::{ClockName, Zone};
use sync::notices::{Notice, NoticeKind, TakenBack};

use crate::people::Language;

/// A mail, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mail {
    /// Its subject.
    pub(crate) subject: String,
    /// Its text.
    pub(crate) text: String,
}

/// The mail that tells a notice. Instants are written as on the clocks of `zone`.
pub(crate) fn mail(notice: &Notice, language: Language, zone: &Zone, link: &str) -> Mail {
    let ticket = notice.number.as_ref().map_or("—", |number| number.as_str());
    let clock = notice.clock.map(|clock| clock_name(clock.name, language)).unwrap_or_default();
    let due = notice.due.map(|due| instant(due, zone)).unwrap_or_default();
    let (subject, first) = match (notice.kind, language) {
        (NoticeKind::Urgent, Language::En) => {
            (format!("Urgent: {ticket}"), format!("Ticket {ticket} is urgent. Please see to it at once."))
        }
        (NoticeKind::Urgent, Language::ZhCn) => {
            (format!("【紧急】{ticket}"), format!("工单 {ticket} 是紧急工单，请立即处理。"))
        }
        (NoticeKind::Urgent, Language::ZhTw) => {
            (format!("【緊急】{ticket}"), format!("工單 {ticket} 是緊急工單，請立即處理。"))
        }
        (NoticeKind::Overdue, Language::En) => (
            format!("Overdue: {ticket}, {clock}"),
            format!("“{clock}” of ticket {ticket} is overdue. It was due {due}."),
        ),
        (NoticeKind::Overdue, Language::ZhCn) => (
            format!("【超时】{ticket} {clock}"),
            format!("工单 {ticket} 的“{clock}”已超时，应在 {due} 前完成。"),
        ),
        (NoticeKind::Overdue, Language::ZhTw) => (
            format!("【逾時】{ticket} {clock}"),
            format!("工單 {ticket} 的「{clock}」已逾時，應在 {due} 前完成。"),
        ),
        (NoticeKind::Reminder | NoticeKind::Unknown, Language::En) => (
            format!("Due soon: {ticket}, {clock}"),
            format!("Time is running out for “{clock}” of ticket {ticket}. It is due {due}."),
        ),
        (NoticeKind::Reminder | NoticeKind::Unknown, Language::ZhCn) => (
            format!("【即将到期】{ticket} {clock}"),
            format!("工单 {ticket} 的“{clock}”即将到期，请在 {due} 前完成。"),
        ),
        (NoticeKind::Reminder | NoticeKind::Unknown, Language::ZhTw) => (
            format!("【即將到期】{ticket} {clock}"),
            format!("工單 {ticket} 的「{clock}」即將到期，請在 {due} 前完成。"),
        ),
    };
    let (subject, first) = match notice.taken_back {
        None => (subject, first),
        Some(why) => taken_back(&subject, why, language, zone),
    };
    let last = match language {
        Language::En => "Fieldloop sent this message. Who is told when is set in the service levels.",
        Language::ZhCn => "本邮件由现场闭环自动发送；通知对象与时间在服务时限中设置。",
        Language::ZhTw => "本郵件由現場閉環自動寄送；通知對象與時間在服務時限中設定。",
    };
    Mail { subject, text: format!("{first}\n\n{link}\n\n-- \n{last}\n") }
}

fn taken_back(subject: &str, why: TakenBack, language: Language, zone: &Zone) -> (String, String) {
    let reason = match (why, language) {
        (TakenBack::Stopped { at }, Language::En) => {
            format!("It had been done at {}; the entry came in late.", instant(at, zone))
        }
        (TakenBack::Stopped { at }, Language::ZhCn) => {
            format!("该事项已于 {} 完成，记录较晚才传到。", instant(at, zone))
        }
        (TakenBack::Stopped { at }, Language::ZhTw) => {
            format!("該事項已於 {} 完成，紀錄較晚才傳到。", instant(at, zone))
        }
        (TakenBack::Paused, Language::En) => "The clock had been paused.".to_owned(),
        (TakenBack::Paused, Language::ZhCn) => "当时计时已暂停。".to_owned(),
        (TakenBack::Paused, Language::ZhTw) => "當時計時已暫停。".to_owned(),
        (TakenBack::Moved { due: Some(due) }, Language::En) => {
            format!("It is due {} now.", instant(due, zone))
        }
        (TakenBack::Moved { due: Some(due) }, Language::ZhCn) => {
            format!("现在的期限是 {}。", instant(due, zone))
        }
        (TakenBack::Moved { due: Some(due) }, Language::ZhTw) => {
            format!("現在的期限是 {}。", instant(due, zone))
        }
        (TakenBack::Moved { due: None }, Language::En) => "It has no due time any more.".to_owned(),
        (TakenBack::Moved { due: None }, Language::ZhCn) => "现在已没有期限。".to_owned(),
        (TakenBack::Moved { due: None }, Language::ZhTw) => "現在已沒有期限。".to_owned(),
        (TakenBack::NotUrgent, Language::En) => "The ticket is not urgent any more.".to_owned(),
        (TakenBack::NotUrgent, Language::ZhCn) => "该工单已不再是紧急工单。".to_owned(),
        (TakenBack::NotUrgent, Language::ZhTw) => "該工單已不再是緊急工單。".to_owned(),
        (TakenBack::Gone | TakenBack::Unknown, Language::En) => {
            "By what is known now, there was no cause.".to_owned()
        }
        (TakenBack::Gone | TakenBack::Unknown, Language::ZhCn) => {
            "按现在的记录，当时并没有需要通知的情况。".to_owned()
        }
        (TakenBack::Gone | TakenBack::Unknown, Language::ZhTw) => {
            "按現在的紀錄，當時並沒有需要通知的情況。".to_owned()
        }
    };
    match language {
        Language::En => (
            format!("Taken back: {subject}"),
            format!("An earlier message no longer holds: “{subject}”. {reason}"),
        ),
        Language::ZhCn => (format!("【更正】{subject}"), format!("先前的通知“{subject}”已不成立。{reason}")),
        Language::ZhTw => {
            (format!("【更正】{subject}"), format!("先前的通知「{subject}」已不成立。{reason}"))
        }
    }
}

fn clock_name(name: ClockName, language: Language) -> &'static str {
    let [en, zh_cn, zh_tw] = match name {
        ClockName::Acknowledge => ["Acknowledgement", "受理", "受理"],
        ClockName::Register => ["Registration", "登记", "登記"],
        ClockName::FirstResponse => ["First response", "首次响应", "首次回應"],
        ClockName::Reply => ["Reply", "答复", "答覆"],
        ClockName::Resolution => ["Resolution", "解决", "解決"],
        ClockName::VisitNotice => ["Visit notice", "上门预告", "到府預告"],
        ClockName::ResultNotice => ["Result notice", "结果告知", "結果告知"],
        ClockName::Callback => ["Callback", "回访", "回訪"],
        ClockName::Recovery => ["Recovery call", "不满意跟进", "不滿意跟進"],
        ClockName::Rectification => ["Rectification", "整改", "改善"],
        ClockName::Milestone => ["Milestone", "节点", "節點"],
    };
    match language {
        Language::En => en,
        Language::ZhCn => zh_cn,
        Language::ZhTw => zh_tw,
    }
}

/// An instant on the wall of a zone, as people in all three languages read it.
fn instant(at: Timestamp, zone: &Zone) -> String {
    let wall = jiff::Timestamp::from_millisecond(at.as_millis().saturating_add(zone.offset_at(at)));
    match wall {
        Ok(wall) => format!("{} ({})", wall.strftime("%Y-%m-%d %H:%M"), zone.name),
        Err(_) => format!("{at:?}"),
    }
}

#[cfg(test)]
mod tests {
    use domain::TicketId;
    use domain::sla::ClockId;
    use uuid::Uuid;

    use super::*;

    fn notice(kind: NoticeKind, taken_back: Option<TakenBack>) -> Notice {
        Notice {
            kind,
            taken_back,
            ticket: TicketId::from_uuid(Uuid::from_u128(1)),
            number: None,
            clock: (kind != NoticeKind::Urgent).then_some(ClockId {
                name: ClockName::FirstResponse,
                cycle: 1,
                origin: None,
            }),
            step: "overdue".into(),
            at: crate::testing::START,
            due: Some(crate::testing::START),
            urgent: false,
        }
    }

    #[test]
    fn times_are_those_on_the_readers_wall() {
        let zone = crate::zones::for_calendar("Asia/Shanghai").unwrap();
        let mail = mail(&notice(NoticeKind::Overdue, None), Language::En, &zone, "https://x/");
        assert!(mail.text.contains("due 2024-05-24 09:00 (Asia/Shanghai)"), "{}", mail.text);
    }

    #[test]
    fn every_message_differs_in_every_language_and_is_one_line_of_subject() {
        let at = crate::testing::START;
        let whys = [
            None,
            Some(TakenBack::Stopped { at }),
            Some(TakenBack::Paused),
            Some(TakenBack::Moved { due: Some(at) }),
            Some(TakenBack::Moved { due: None }),
            Some(TakenBack::NotUrgent),
            Some(TakenBack::Gone),
        ];
        let zone = Zone::utc();
        let mut seen = std::collections::BTreeSet::new();
        for language in Language::ALL {
            for kind in [NoticeKind::Urgent, NoticeKind::Reminder, NoticeKind::Overdue] {
                for why in whys {
                    let mail = mail(&notice(kind, why), language, &zone, "https://x/");
                    assert!(!mail.subject.contains('\n'));
                    assert!(seen.insert(mail.text), "{language:?} {kind:?} {why:?}");
                }
            }
        }
    }
}

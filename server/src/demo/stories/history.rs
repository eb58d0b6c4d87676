//! A year and a month of finished work, so that there is something to look back on: drawn by dice that fall the same way every time.

use domain::Timestamp;
use domain::ticket::CloseResult::{ResolvedNotSatisfied, ResolvedSatisfied};
use domain::ticket::{ProgressKind, ResponsibleParty};

use super::people::*;
use super::{COMPLEX_FAULT, Client, FAULT, Machine, Matter, PRODUCTION_STOP, Story};
use crate::demo::company::Who::{self, Agent, East, North, SecondAgent, SecondEast, South, Supervisor};
use crate::demo::script::Deed::{
    Assign, CallBack, CheckIn, CheckOut, Close, Complete, Log, Recover, Replace, Sign, Tell,
};
use crate::demo::script::{Part, Step, Work, at};

/// How many tickets there are.
const TICKETS: usize = 600;
/// How many days ago the first of them came in.
const FIRST_DAY: u32 = 395;
/// How many days ago the last of them came in; later ones are told one by one.
const LAST_DAY: u32 = 42;
/// Minutes of a day.
const DAY: u32 = 24 * 60;

/// Who calls, about which machine, and who goes there.
const CALLERS: [(&Client, Machine, Who); 16] = [
    (&HAIYUN, COMPRESSOR_HAIYUN, East),
    (&JINGTAI, LASER_JINGTAI, SecondEast),
    (&NORDLICHT, CHILLER_NORDLICHT, SecondEast),
    (&XIHU, AIRCON_XIHU, East),
    (&MINGDE, MOULDER_MINGDE, SecondEast),
    (&HUIFENG, PACKER_HUIFENG, East),
    (&LUJIAZUI, AIRCON_HARBOUR, East),
    (&YUEXIN, MOULDER_YUEXIN, South),
    (&PENGCHENG, LASER_PENGCHENG, South),
    (&BLUEWATER, PACKER_BLUEWATER, South),
    (&NANNING, AIRCON_NANNING, South),
    (&HAIKOU, HEATER_HAIKOU, South),
    (&JINGCHENG, COMPRESSOR_JINGCHENG, North),
    (&BINHAI, CHILLER_BINHAI, North),
    (&QILU, WASHER_QILU, North),
    (&TANGSHAN, COMPRESSOR_TANGSHAN, North),
];

/// What goes wrong: summary, the customer's words, found, done, why, the part.
struct Trouble {
    summary: &'static str,
    words: &'static str,
    found: &'static str,
    done: &'static str,
    cause: &'static str,
    part: Option<Part>,
}

const CHINESE: [Trouble; 6] = [
    Trouble {
        summary: "设备无法启动",
        words: "早上开机没反应,指示灯也不亮。",
        found: "控制电源保险熔断,接线端子松动。",
        done: "更换保险,紧固端子,试机正常。",
        cause: "端子松动",
        part: Some(Part("控制保险", "FU-10A", "", "", 2)),
    },
    Trouble {
        summary: "运行中异响",
        words: "声音越来越大,怕坏在里面。",
        found: "轴承缺油磨损。",
        done: "更换轴承并加注润滑脂。",
        cause: "保养不足",
        part: Some(Part("轴承", "BR-6204", "", "", 2)),
    },
    Trouble {
        summary: "温度报警停机",
        words: "一到下午就报警停机,停半小时又能开。",
        found: "散热器积灰严重。",
        done: "清洗散热器,建议每月吹扫。",
        cause: "环境粉尘大",
        part: None,
    },
    Trouble {
        summary: "漏水漏油",
        words: "地上一滩油,每天都要擦。",
        found: "密封圈老化。",
        done: "更换密封圈,观察一小时不再渗漏。",
        cause: "密封件老化",
        part: Some(Part("密封圈", "OR-45", "", "", 4)),
    },
    Trouble {
        summary: "显示屏花屏",
        words: "屏幕看不清,没法调参数。",
        found: "排线接触不良。",
        done: "重新插接排线并固定。",
        cause: "运输振动",
        part: None,
    },
    Trouble {
        summary: "压力上不去",
        words: "压力一直不到,产量受影响。",
        found: "进气过滤器堵塞。",
        done: "更换过滤器,压力恢复。",
        cause: "过滤器到期未换",
        part: Some(Part("空气过滤器", "AF-20", "", "", 1)),
    },
];

const ENGLISH: [Trouble; 3] = [
    Trouble {
        summary: "Unit trips after an hour of running",
        words: "It runs fine in the morning and trips before lunch, every day.",
        found: "Overload relay set too low, condenser dirty.",
        done: "Cleaned the condenser, set the relay to the rated current.",
        cause: "Setting after the last service",
        part: None,
    },
    Trouble {
        summary: "Water leaking under the unit",
        words: "There is a puddle under it again.",
        found: "Drain hose cracked at the clamp.",
        done: "Replaced the hose and the clamp.",
        cause: "Aged hose",
        part: Some(Part("Drain hose", "DH-12", "", "", 1)),
    },
    Trouble {
        summary: "Control panel does not respond",
        words: "The buttons do nothing; we can only switch it off at the wall.",
        found: "Ribbon cable loose.",
        done: "Reseated and secured the cable.",
        cause: "Vibration",
        part: None,
    },
];

/// What happened to each ticket of the past.
pub(in crate::demo) struct Past {
    tickets: Vec<Ticket>,
}

struct Ticket {
    ago: u32,
    by: Who,
    caller: usize,
    matter: Matter,
    trouble: &'static Trouble,
    steps: Vec<Step>,
}

/// Dice that fall the same way every time.
struct Dice(u64);

impl Dice {
    /// A number below `sides`.
    fn roll(&mut self, sides: u32) -> u32 {
        // The constants are Knuth's; the high bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % u64::from(sides.max(1))).unwrap_or_default()
    }

    fn between(&mut self, from: u32, until: u32) -> u32 {
        from + self.roll(until - from)
    }

    /// Says yes so many times out of a hundred.
    fn chance(&mut self, percent: u32) -> bool {
        self.roll(100) < percent
    }

    fn one_of<'t, T>(&mut self, things: &'t [T]) -> &'t T {
        &things[self.roll(u32::try_from(things.len()).unwrap_or(u32::MAX)) as usize]
    }
}

impl Past {
    /// Imagines it, as somebody looks back on it at `now`, with the company's wall clock so many minutes ahead of UTC.
    pub(in crate::demo) fn imagine(now: Timestamp, utc_offset_minutes: i32) -> Self {
        let mut dice = Dice(20_240_524);
        let wall = now.as_millis() / Timestamp::MINUTE_MS + i64::from(utc_offset_minutes);
        let (today, minute) = (wall.div_euclid(i64::from(DAY)), wall.rem_euclid(i64::from(DAY)));
        let minute = u32::try_from(minute).unwrap_or_default();
        let spread = FIRST_DAY - LAST_DAY;
        let ticket = |index: usize| {
            let index = u32::try_from(index).unwrap_or_default();
            let mut day = FIRST_DAY - index * spread / u32::try_from(TICKETS).unwrap_or(u32::MAX);
            // Day 3 after 1970-01-01 was a Sunday. Few call then.
            if (today - i64::from(day) + 3).rem_euclid(7) >= 5 && !dice.chance(15) {
                day += 2;
            }
            let called = dice.between(8 * 60, 18 * 60);
            Ticket::imagine(&mut dice, day * DAY + minute - called, called)
        };
        Self { tickets: (0..TICKETS).map(ticket).collect() }
    }

    /// The stories.
    pub(in crate::demo) fn stories(&self) -> impl Iterator<Item = Story<'_>> {
        self.tickets.iter().map(|ticket| {
            let (client, machine, _) = CALLERS[ticket.caller];
            Story {
                ago: ticket.ago,
                by: ticket.by,
                client,
                machine,
                matter: ticket.matter,
                summary: ticket.trouble.summary,
                words: ticket.trouble.words,
                steps: &ticket.steps,
            }
        })
    }
}

impl Ticket {
    /// A call so many minutes ago, when the wall clock showed `called`.
    fn imagine(dice: &mut Dice, ago: u32, called: u32) -> Self {
        let caller = dice.roll(16) as usize;
        let (client, _, engineer) = CALLERS[caller];
        let english = client.language == "en";
        let trouble = if english { dice.one_of(&ENGLISH) } else { dice.one_of(&CHINESE) };
        let (matter, urgent) = match dice.roll(100) {
            0..8 => (PRODUCTION_STOP, true),
            8..30 => (COMPLEX_FAULT, false),
            _ => (FAULT, false),
        };
        let by = if dice.chance(60) { Agent } else { SecondAgent };
        let say = |chinese: &'static str, english_words: &'static str| {
            if english { english_words } else { chinese }
        };
        // The minutes from the call until a time of day, so many days later.
        let on = |day: u32, time: u32| (day * DAY + time).saturating_sub(called);

        let mut steps = vec![at(dice.between(5, 60), by, Assign(engineer))];
        let contact = match (urgent, dice.chance(8)) {
            (true, false) => dice.between(62, 115),
            (true, true) => dice.between(125, 240),
            (false, false) => dice.between(62, 7 * 60),
            (false, true) => dice.between(25 * 60, 40 * 60),
        };
        steps.push(at(
            contact,
            engineer,
            Log(ProgressKind::ContactedCustomer, say("已约时间。", "Agreed on a time.")),
        ));

        // Most work is done in time; a customer who is not ready holds it up, and so does a part that is missing.
        let mut days = match (urgent, dice.roll(100)) {
            (true, 0..85) => 0,
            (true, _) => 1,
            (false, 0..45) => 1,
            (false, 45..88) => 2,
            (false, _) => dice.between(3, 6),
        };
        let mut ready = contact + 10;
        if !urgent && dice.chance(14) {
            let wait = dice.between(1, 4);
            steps.push(at(
                ready,
                engineer,
                Log(
                    ProgressKind::WaitingForCustomer,
                    say("客户排产,改期。", "The customer can't stop the line yet."),
                ),
            ));
            ready = on(wait, 8 * 60 + 30).max(ready + 60);
            steps.push(at(ready, engineer, Log(ProgressKind::WorkResumed, "")));
            days += wait;
        } else if dice.chance(10) {
            steps.push(at(
                ready,
                engineer,
                Log(ProgressKind::WaitingForParts, say("等待配件到货。", "Part on order.")),
            ));
            ready += dice.between(5, 30) * 60;
            steps.push(at(ready, engineer, Log(ProgressKind::WorkResumed, "")));
            days += 1;
        }
        let arrive = match (urgent, days) {
            (true, 0) => ready + dice.between(60, 240),
            _ => on(days, dice.between(8 * 60 + 30, 16 * 60)).max(ready + 30),
        };
        let without_network = dice.chance(20);
        let done = arrive + dice.between(30, 180);
        let back = done + dice.between(40, 300);
        let mut on_site = vec![at(arrive, engineer, CheckIn)];
        if let Some(part) = trouble.part {
            on_site.push(at(arrive + 20, engineer, Replace(part)));
        }
        let work = Work {
            found: trouble.found,
            done: trouble.done,
            cause: trouble.cause,
            responsible: *dice.one_of(&[
                ResponsibleParty::ProductQuality,
                ResponsibleParty::CustomerUse,
                ResponsibleParty::Installation,
            ]),
            remaining: "",
        };
        on_site.push(at(done, engineer, Complete(work)));
        // A drawing is large: few are enough to show them.
        if dice.chance(6) {
            on_site.push(at(done + 5, engineer, Sign(dice.roll(4) as usize, 5, "")));
        }
        on_site.push(at(done + 12, engineer, CheckOut));
        if without_network {
            on_site = on_site.into_iter().map(|step| step.offline(arrive, back)).collect();
        }
        steps.extend(on_site);
        let told = if without_network { back + 5 } else { done + if dice.chance(90) { 20 } else { 95 } };
        steps.push(at(told, engineer, Tell(say("已电话告知结果。", "Told by telephone."))));

        let late = if dice.chance(10) { DAY } else { 0 };
        let call = told.max(done + 60) + dice.between(2 * 60, 20 * 60) + late;
        let (score, words) = match dice.roll(100) {
            0..70 => (5, say("很满意。", "Very content.")),
            70..90 => (4, say("还可以。", "Fine.")),
            _ => (2, say("等得太久。", "It took too long.")),
        };
        steps.push(at(call, by, CallBack(Some(score), words)));
        let mut end = call + 5;
        if score <= 3 {
            end = call + if dice.chance(75) { dice.between(10, 55) } else { dice.between(65, 300) };
            steps.push(at(
                end,
                Supervisor,
                Recover(say("致电客户道歉,说明原因。", "Called to apologise and explain.")),
            ));
            end += 5;
        }
        let result = if score <= 3 { ResolvedNotSatisfied } else { ResolvedSatisfied };
        steps.push(at(end, by, Close(result, "")));
        Self { ago, by, caller, matter, trouble, steps }
    }
}

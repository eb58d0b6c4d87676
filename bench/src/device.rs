//! A device in somebody's hands, and the work they do with it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use domain::people::Person;
use domain::ticket::{
    Action, Assignment, Change, Channel, Comment, Completion, Customer, Difficulty, Intake, IntakeTimes,
    Kind, Nothing, PartReplacement, Product, Progress, ProgressKind, ResponsibleParty, Seen, Site, Urgency,
    Verification,
};
use domain::{ChangeId, Claim, DeviceId, TicketId, Timestamp};
use sync::messages::PushRequest;

use crate::company::Member;
use crate::dice::Dice;
use crate::http;

/// How many changes a ticket goes through from the call to the word that it is mended.
pub(crate) const LIFE: usize = 10;

const SURNAMES: [&str; 16] =
    ["王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "林"];
const GIVEN_NAMES: [&str; 16] =
    ["伟", "芳", "秀英", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "志远"];
const COMPANIES: [&str; 12] = [
    "申港包装",
    "恒达精密",
    "东方纺织",
    "海蓝食品",
    "鼎盛铸造",
    "华源电子",
    "明德印刷",
    "瑞丰化工",
    "天工机械",
    "新源玻璃",
    "宏图木业",
    "安信制药",
];
const REGIONS: [&str; 8] = ["上海", "江苏", "浙江", "广东", "山东", "北京", "河北", "福建"];
const STREETS: [&str; 8] =
    ["人民路", "工业大道", "解放西路", "科技园南区", "滨江东路", "建设路", "长江路", "创业街"];
const MODELS: [&str; 8] = ["KY-75", "KY-110", "LC-3015", "IM-280", "CL-40", "PK-12", "KT-9", "LC-6020"];
const PROBLEMS: [&str; 16] = [
    "开机后报 E07,无法复位",
    "运行半小时后温度过高自动停机",
    "出口压力上不去,车间用气不够",
    "切割断面挂渣,功率明显下降",
    "异响越来越大,怀疑轴承坏了",
    "显示屏花屏,按键没有反应",
    "漏油,地上一大滩",
    "模具合不拢,产品飞边",
    "冷却水流量报警",
    "皮带打滑,有焦味",
    "加料口堵塞,清理后还是堵",
    "伺服报警 AL-32,重启后又出现",
    "称重不准,每包差二十克",
    "急停按钮按下后不能复位",
    "排气阀一直漏气",
    "触摸屏无法进入参数页面",
];
const CONSEQUENCES: [&str; 8] = [
    "整条线都停了,请尽快安排人来。",
    "已经是这个月第二次了。",
    "客户在催货,比较着急。",
    "暂时还能用,但是不放心。",
    "操作工试过断电重启,没有用。",
    "之前换过一次配件,不到三个月又坏。",
    "希望明天上午之前有人到现场。",
    "先电话指导一下也可以。",
];
const PARTS: [&str; 6] = ["主控板", "温控阀", "主轴轴承", "激光准直镜", "伺服驱动器", "密封组件"];

/// A device with one person's data on it.
#[derive(Debug)]
pub(crate) struct Device {
    id: DeviceId,
    owner: Member,
    dice: Dice,
    made: u64,
    clock: Timestamp,
    seen: BTreeMap<TicketId, Seen>,
}

impl Device {
    /// A person's device; `number` tells it from their others.
    pub(crate) fn of(owner: &Member, number: u64) -> Self {
        let mut dice = Dice::new(number + 1);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        let id = DeviceId::from_uuid(dice.uuid(now.cast_unsigned()));
        // Work of the last days: what is done before it arrives is not moved by the server.
        let clock = Timestamp::from_millis(now).plus_millis(-3 * Timestamp::DAY_MS);
        Self { id, owner: owner.clone(), dice, made: 0, clock, seen: BTreeMap::new() }
    }

    /// Takes a call.
    pub(crate) fn register(&mut self) -> Change {
        let ticket = TicketId::from_uuid(self.dice.uuid(self.clock.as_millis().cast_unsigned()));
        let intake = self.intake();
        self.make(ticket, Action::Register(Box::new(intake)))
    }

    /// Makes somebody accountable.
    pub(crate) fn assign(&mut self, ticket: TicketId, person: &Person) -> Change {
        self.make(ticket, Action::Assign(Assignment { person: person.id, department: person.department }))
    }

    /// A whole ticket: [`LIFE`] changes from the call to the word that it is mended.
    pub(crate) fn live(&mut self) -> Vec<Change> {
        let registration = self.register();
        let ticket = registration.ticket;
        let owner = self.owner.person.clone();
        let part = PartReplacement {
            name: (*self.dice.pick(&PARTS)).into(),
            part_number: format!("P-{:05}", self.dice.below(100_000)),
            old_serial: self.serial(),
            new_serial: self.serial(),
            quantity: 1,
            note: String::new(),
        };
        let completion = Completion {
            found: format!("{}损坏,现场复现了客户描述的现象。", part.name),
            done: format!("更换{},清理并紧固接线,试机两小时正常。", part.name),
            cause: "长期高温运行,部件老化。".into(),
            responsible: ResponsibleParty::ProductQuality,
            remaining: String::new(),
        };
        let told = Comment { text: "已电话告知客户处理结果,客户没有其他问题。".into() };
        let note = progress(ProgressKind::Note, "拆检完成,确认故障部件,开始更换。");
        let mut changes = vec![registration, self.assign(ticket, &owner)];
        let rest = [
            progress(ProgressKind::ContactedCustomer, "已联系客户,约好今天下午两点到现场。"),
            progress(ProgressKind::OnTheWay, ""),
            Action::CheckIn(Nothing {}),
            note,
            Action::ReplacePart(part),
            Action::CheckOut(Nothing {}),
            Action::Complete(completion),
            Action::TellResult(told),
        ];
        changes.extend(rest.into_iter().map(|action| self.make(ticket, action)));
        // Its owner will not come back to it, and a device that remembers everything only costs memory.
        self.seen.remove(&ticket);
        changes
    }

    /// Writes out a push of these changes, which must be the next ones made on this device.
    pub(crate) fn push(&self, changes: Vec<Change>) -> Result<Vec<u8>> {
        let request = PushRequest { complete: true, ..PushRequest::of(self.id, changes) };
        Ok(http::request("POST", "/api/sync/push", &self.owner.cookie, &serde_json::to_vec(&request)?))
    }

    fn make(&mut self, ticket: TicketId, action: Action) -> Change {
        self.made += 1;
        self.clock = self.clock.plus_millis(1_000);
        let id = ChangeId { device: self.id, seq: self.made };
        let claim = Claim { clock: self.clock, offset_ms: Some(0), heard: None };
        let seen = self.seen.entry(ticket).or_default();
        let change = Change { id, ticket, actor: self.owner.person.id, claim, seen: seen.clone(), action };
        seen.insert(id);
        change
    }

    fn intake(&mut self) -> Intake {
        let problem = *self.dice.pick(&PROBLEMS);
        let words = format!("{problem},{}", self.dice.pick(&CONSEQUENCES));
        let model = *self.dice.pick(&MODELS);
        let customer = Customer {
            name: format!("{}{}", self.dice.pick(&SURNAMES), self.dice.pick(&GIVEN_NAMES)),
            company: format!("{}{}", self.dice.pick(&REGIONS), self.dice.pick(&COMPANIES)),
            phone: format!("13{:09}", self.dice.below(1_000_000_000)),
            email: String::new(),
            language: "zh-CN".into(),
        };
        let site = Site {
            region: (*self.dice.pick(&REGIONS)).into(),
            address: format!("{}{}号", self.dice.pick(&STREETS), self.dice.below(2_000) + 1),
        };
        let product = Product {
            model: model.into(),
            serial: self.serial(),
            order_number: format!("SO{:08}", self.dice.below(100_000_000)),
            purchased_on: format!("202{}-{:02}", self.dice.below(6), self.dice.below(12) + 1),
            ..Product::default()
        };
        Intake {
            kind: *self.dice.pick(&[Kind::Fault, Kind::Fault, Kind::Fault, Kind::Complaint, Kind::Inquiry]),
            urgency: *self.dice.pick(&[Urgency::Normal, Urgency::Normal, Urgency::Urgent, Urgency::Low]),
            difficulty: *self.dice.pick(&[Difficulty::Simple, Difficulty::Complex]),
            flags: BTreeSet::new(),
            nature: None,
            channel: *self.dice.pick(&[Channel::Phone, Channel::WechatAccount, Channel::OnlineChat]),
            customer,
            existing_customer: true,
            site,
            product,
            verification: Verification::Verified,
            words,
            summary: format!("{model} {problem}"),
            times: IntakeTimes::default(),
            registered_in: self.owner.person.department,
        }
    }

    fn serial(&mut self) -> String {
        format!("{}-{:04}-{:05}", self.dice.pick(&MODELS), self.dice.below(10_000), self.dice.below(100_000))
    }
}

fn progress(kind: ProgressKind, note: &str) -> Action {
    Action::LogProgress(Progress { kind, note: note.into(), promised: None })
}

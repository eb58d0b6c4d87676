//! Tickets that somebody is working on: on the way, on site, or waiting for parts or the customer.

use domain::ticket::{Channel, Difficulty, Flag, ProgressKind, Urgency};

use super::people::*;
use super::*;
use crate::demo::company::Who::{
    Agent, East, North, QualitySpecialist, SecondAgent, SecondEast, South, Supervisor,
};
use crate::demo::script::Deed::{Assign, CheckIn, CheckOut, Comment, Log, Replace};
use crate::demo::script::{Part, at};

pub(super) const STORIES: &[Story<'static>] = &[
    Story {
        ago: hours(4),
        by: Agent,
        client: &JINGCHENG,
        machine: COMPRESSOR_JINGCHENG,
        matter: PRODUCTION_STOP,
        summary: "75 kW 空压机高温停机",
        words: "排气温度一百一十度报警停机，等它凉了再开十分钟又停。我们三班倒，现在一个车间没气。",
        steps: &[
            at(6, Agent, Assign(North)),
            at(
                22,
                North,
                Log(ProgressKind::ContactedCustomer, "已联系张厂长，请先打开机房排风，预计一点半到。"),
            ),
            at(70, North, Log(ProgressKind::OnTheWay, "")),
            at(150, North, CheckIn),
            at(165, North, Log(ProgressKind::Note, "油位正常，油冷却器翅片堵得厉害，温控阀待拆检。")),
        ],
    },
    Story {
        ago: hours(27),
        by: SecondAgent,
        client: &JINGTAI,
        machine: LASER_JINGTAI,
        matter: COMPLEX_FAULT,
        summary: "切割断面挂渣，功率下降",
        words: "同样的程序同样的板，上周切得好好的，这周底下全是渣，功率表看着只有八成。客户等着交货。",
        steps: &[
            at(20, SecondAgent, Assign(East)),
            at(45, East, Log(ProgressKind::ContactedCustomer, "已联系刘工，今天下午到。")),
            at(hours(5), East, CheckIn),
            at(hours(5) + 40, East, Log(ProgressKind::Note, "保护镜片有灼斑，QBH 端面正常，水温偏高 3 ℃。")),
            at(hours(6), East, Replace(Part("保护镜片 D37", "LC-OPT-37", "", "D37-24-1180", 1))),
            at(
                hours(6) + 30,
                East,
                Log(ProgressKind::WaitingForParts, "还需更换准直镜组件，仓库调货，预计后天到。"),
            ),
            at(hours(6) + 35, East, CheckOut),
        ],
    },
    Story {
        ago: days(2),
        by: Agent,
        client: &NORDLICHT,
        machine: CHILLER_NORDLICHT,
        matter: COMPLEX_FAULT,
        summary: "Chiller flow alarm every night around 02:00",
        words: "The chiller trips with \"low flow\" every night between 2 and 3. Day shift never sees it. We suspect the building water \
                pressure but our facility people say it is fine. Please check, the measuring room must stay within half a degree.",
        steps: &[
            at(30, Agent, Assign(SecondEast)),
            at(
                80,
                SecondEast,
                Log(
                    ProgressKind::ContactedCustomer,
                    "Called Karin. She agreed to a visit tomorrow and will log the inlet pressure overnight.",
                ),
            ),
            at(hours(23), SecondEast, CheckIn),
            at(
                hours(24),
                SecondEast,
                Log(
                    ProgressKind::Note,
                    "Inlet pressure drops to 1.1 bar at 02:10 when the ring main is flushed. Strainer was half blocked, cleaned it.",
                ),
            ),
            at(
                hours(24) + 20,
                SecondEast,
                Log(
                    ProgressKind::WaitingForCustomer,
                    "Customer's facility team to confirm the flushing schedule.",
                ),
            ),
            at(hours(24) + 25, SecondEast, CheckOut),
        ],
    },
    Story {
        ago: days(1) + hours(6),
        by: Agent,
        client: &YUEXIN,
        machine: MOULDER_YUEXIN,
        matter: FAULT,
        summary: "注塑机锁模力不足，产品飞边",
        words: "锁模压力上不去，产品全是披锋，师傅手工修不过来。",
        steps: &[
            at(25, Agent, Assign(South)),
            at(60, South, Log(ProgressKind::ContactedCustomer, "黄生反映油温正常，约好今天到。")),
            at(hours(22), South, Log(ProgressKind::OnTheWay, "")),
            at(hours(24), South, CheckIn),
            at(hours(25), South, Replace(Part("比例压力阀", "IM-HV-0216", "PV2307-118", "PV2510-402", 1))),
        ],
    },
    Story {
        ago: hours(10),
        by: SecondAgent,
        client: &XIHU,
        machine: AIRCON_XIHU,
        matter: FAULT,
        summary: "空调遥控器失灵、内机不响应",
        words: "换了新电池遥控还是没反应，手动按机器上的键可以开。家里有老人，天冷了，麻烦快一点。",
        steps: &[
            at(18, SecondAgent, Assign(SecondEast)),
            at(55, SecondEast, Log(ProgressKind::ContactedCustomer, "沈女士下午在家，三点到五点之间上门。")),
            at(hours(8), SecondEast, Log(ProgressKind::OnTheWay, "路上有点堵，可能晚二十分钟，已电话告知。")),
        ],
    },
    Story {
        ago: days(3) + hours(4),
        by: Agent,
        client: &TANGSHAN,
        machine: COMPRESSOR_TANGSHAN,
        matter: Matter { flags: &[Flag::BatchDefect], urgency: Urgency::Urgent, ..COMPLEX_FAULT },
        summary: "油气分离芯破裂，同批次第二起",
        words: "气里全是油，喷出来的釉面全是麻点，一窑货废了。听说上海也有一家同样的机器坏了同样的地方，你们这批是不是有问题？",
        steps: &[
            at(10, Agent, Assign(North)),
            at(40, North, Log(ProgressKind::ContactedCustomer, "已请客户停机并保留现场。")),
            at(hours(6), North, CheckIn),
            at(hours(7), North, Replace(Part("油气分离芯", "KY-SEP-37", "SEP2209-433", "SEP2511-027", 1))),
            at(hours(7) + 30, North, Replace(Part("机油滤芯", "KY-OF-37", "", "", 2))),
            at(hours(8), North, CheckOut),
            at(hours(9), Supervisor, Assign(QualitySpecialist)),
            at(
                hours(10),
                QualitySpecialist,
                Comment("旧件已收到，骨架焊缝开裂，与海韵那台一致。正在比对 2209B 批次来料记录。"),
            ),
        ],
    },
    Story {
        ago: days(1) + hours(1),
        by: SecondAgent,
        client: &HAIKOU,
        machine: HEATER_HAIKOU,
        matter: Matter { channel: Channel::WechatAccount, ..FAULT },
        summary: "二号热水机组循环泵漏水",
        words: "二号机下面一摊水，擦了又有，看着是泵那里滴的，照片发你们公众号了。",
        steps: &[
            at(30, SecondAgent, Assign(South)),
            at(75, South, Log(ProgressKind::ContactedCustomer, "先关二号机进水阀，用一号机顶。")),
            at(hours(3), South, Log(ProgressKind::WaitingForParts, "机械密封海口仓没有，从广州发，后天到。")),
        ],
    },
    Story {
        ago: hours(9),
        by: East,
        client: &HAIYUN,
        machine: LASER_JINGTAI,
        matter: Matter {
            channel: Channel::EngineerOnSite,
            difficulty: Difficulty::Simple,
            unverified: Some("客户自购二手设备，铭牌登记在晶泰名下"),
            ..FAULT
        },
        summary: "现场发现：二手激光机水温报警",
        words: "王工你既然来了顺便看看这台，水温老报警，我们从晶泰那边买过来的二手机。",
        steps: &[
            at(4, East, Assign(East)).offline(0, 95),
            at(6, East, CheckIn).offline(0, 95),
            at(40, East, Log(ProgressKind::Note, "水箱滤芯长期未换，流量只有额定一半。")).offline(0, 95),
        ],
    },
    Story {
        ago: days(5),
        by: Agent,
        client: &BLUEWATER,
        machine: PACKER_BLUEWATER,
        matter: Matter { channel: Channel::Email, ..COMPLEX_FAULT },
        summary: "PLC loses recipe after power cut",
        words: "Each time we have a power cut the machine comes back with the factory recipe. Operators did not notice on Tuesday and we \
                packed 4,000 pouches at the wrong weight. Is the memory battery supposed to last less than a year?",
        steps: &[
            at(35, Agent, Assign(South)),
            at(
                hours(2),
                South,
                Log(
                    ProgressKind::ContactedCustomer,
                    "Explained how to export the recipe to a USB stick as a stopgap.",
                ),
            ),
            at(hours(28), South, CheckIn),
            at(hours(29), South, Replace(Part("PLC backup battery", "PK-PLC-BAT", "", "BAT-2511-77", 1))),
            at(
                hours(29) + 15,
                South,
                Log(
                    ProgressKind::WaitingForCustomer,
                    "Customer wants to run two power-off tests over the weekend before we close the job.",
                ),
            ),
            at(hours(29) + 20, South, CheckOut),
        ],
    },
    Story {
        ago: hours(8),
        by: Agent,
        client: &MINGDE,
        machine: MOULDER_MINGDE,
        matter: SAFETY_HAZARD,
        summary: "安全门联锁失效仍可合模",
        words: "昨天夜班发现安全门没关到位机器也能合模，吓出一身汗，已经挂牌停用。",
        steps: &[
            at(5, Agent, Assign(SecondEast)),
            at(
                15,
                SecondEast,
                Log(ProgressKind::ContactedCustomer, "确认已停机挂牌，要求不得短接任何开关。"),
            ),
            at(60, SecondEast, Log(ProgressKind::OnTheWay, "")),
            at(hours(4), SecondEast, CheckIn),
            at(
                hours(5),
                SecondEast,
                Replace(Part("安全门限位开关", "IM-LS-03", "LS2106-247", "LS2511-016", 2)),
            ),
        ],
    },
];

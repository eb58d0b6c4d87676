//! Tickets that nobody has begun to work on: just registered, or assigned.

use domain::ticket::{Channel, ComplaintNature, Difficulty, Flag, ProgressKind, Urgency};

use super::people::*;
use super::*;
use crate::demo::company::Who::{
    Agent, Manager, North, ProductSpecialist, SecondAgent, SecondEast, South, Supervisor,
};
use crate::demo::script::Deed::{Assign, Comment, Log, Reclassify, SetUrgency};
use crate::demo::script::at;

pub(super) const STORIES: &[Story<'static>] = &[
    Story {
        ago: 12,
        by: Agent,
        client: &HAIYUN,
        machine: COMPRESSOR_HAIYUN,
        matter: PRODUCTION_STOP,
        summary: "空压机启动即跳闸，整条产线停机",
        words: "你们那台空压机今天早上一开就跳闸，试了三次都一样，我们整条线现在停着等气，工人都站着。上个月才修过，麻烦马上派人！",
        steps: &[],
    },
    Story {
        ago: 38,
        by: SecondAgent,
        client: &XIHU,
        machine: AIRCON_XIHU,
        matter: FAULT,
        summary: "空调制热时外机异响",
        words: "客厅空调一开制热，外机就嗡嗡响，像有东西在打，楼下邻居都来说了。制冷的时候没有。",
        steps: &[],
    },
    Story {
        ago: hours(3) + 20,
        by: Agent,
        client: &LUJIAZUI,
        machine: AIRCON_HARBOUR,
        matter: Matter { channel: Channel::Email, ..FAULT },
        summary: "Water dripping from indoor unit, apartment 2304",
        words: "Hi, the cabinet unit in 2304 has been dripping onto the parquet since last night. Our handyman cleared the \
                drain but it came back within an hour. The tenant is away until Friday, so any time before then is fine. \
                Please call the front desk on arrival.",
        steps: &[],
    },
    Story {
        ago: hours(5),
        by: SecondAgent,
        client: &NANNING,
        machine: AIRCON_NANNING,
        matter: Matter {
            unverified: Some("客户手边没有发票，机身条码被遮挡"),
            channel: Channel::WechatAccount,
            ..FAULT
        },
        summary: "空调显示 E6，不制冷",
        words: "显示屏出来个 E6，风是吹的，就是不凉。说明书找不到了，买了不到半年。",
        steps: &[],
    },
    Story {
        ago: hours(7),
        by: Agent,
        client: &PENGCHENG,
        machine: LASER_PENGCHENG,
        matter: SAFETY_HAZARD,
        summary: "激光防护门打开时光闸未立即关闭",
        words: "操作工说开防护门的时候光闸慢了一拍，能看到一瞬间的光。我们已经停用贴封条了，你们必须给个书面说法。",
        steps: &[
            at(9, Agent, Assign(South)),
            at(
                14,
                Supervisor,
                Comment("安全隐患，按绿色通道处理。李工今天必须到现场，到场前先电话确认设备已断电。"),
            ),
        ],
    },
    Story {
        ago: days(1) + hours(2),
        by: Agent,
        client: &QILU,
        machine: WASHER_QILU,
        matter: FAULT,
        summary: "洗衣机脱水时移位、噪声大",
        words: "一脱水整个机器就走路，响得像拖拉机。安装师傅当时说脚垫调好了的。",
        steps: &[at(hours(2), SecondAgent, Assign(North))],
    },
    Story {
        ago: hours(20),
        by: SecondAgent,
        client: &HUIFENG,
        machine: PACKER_HUIFENG,
        matter: COMPLEX_FAULT,
        summary: "封口温度忽高忽低，包装漏气",
        words: "这两天封口温度老是跳，设的一百六，一会儿一百四一会儿一百八，出来的袋子一捏就漏气，一上午报废了两百多袋。",
        steps: &[
            at(25, SecondAgent, Assign(SecondEast)),
            at(
                50,
                SecondEast,
                Log(ProgressKind::ContactedCustomer, "已与郭经理通话，初步判断是热电偶或固态继电器问题。"),
            ),
            at(
                hours(2),
                SecondEast,
                Log(ProgressKind::VisitArranged, "约定明天上午九点半到厂，请客户留出一个模头。"),
            ),
        ],
    },
    Story {
        ago: hours(30),
        by: Agent,
        client: &BLUEWATER,
        machine: PACKER_BLUEWATER,
        matter: Matter { channel: Channel::Email, ..FAULT },
        summary: "Film tracking drifts to the left on long runs",
        words: "Good morning. After about two hours of continuous running the film drifts roughly 8 mm to the left and the eye mark \
                sensor starts rejecting bags. Restarting resets it. We have already cleaned the rollers as per the manual, section 6.2.",
        steps: &[
            at(40, Agent, Assign(South)),
            at(
                hours(3),
                South,
                Log(
                    ProgressKind::ContactedCustomer,
                    "Spoke with Ms Raman. She will send a short video of the drift.",
                ),
            ),
        ],
    },
    Story {
        ago: hours(44),
        by: SecondAgent,
        client: &JINGTAI,
        machine: LASER_JINGTAI,
        matter: INQUIRY,
        summary: "能否切割 2 mm 紫铜",
        words: "想问一下我们这台能不能切紫铜，两个毫米的，要不要换什么镜片，大概什么参数？切坏了算谁的？",
        steps: &[
            at(hours(1), SecondAgent, Assign(ProductSpecialist)),
            at(
                hours(4),
                ProductSpecialist,
                Log(ProgressKind::ContactedCustomer, "已说明需要加装高反保护模块，明天发参数表和报价。"),
            ),
            at(hours(5), ProductSpecialist, Comment("参数表需要研发确认高反模块对 2404A 批次的兼容性。")),
        ],
    },
    Story {
        ago: days(2) + hours(5),
        by: Agent,
        client: &HAIKOU,
        machine: HEATER_HAIKOU,
        matter: Matter { difficulty: Difficulty::Complex, ..FAULT },
        summary: "热水机组夜间补水后出水不热",
        words: "酒店客人晚上十一点以后投诉水不热，白天测都是好的。你们远程看过一次说没问题，可是投诉还在继续。",
        steps: &[
            at(hours(1), Agent, Assign(South)),
            at(hours(26), Agent, SetUrgency(Urgency::Urgent, "酒店本周满房，客户要求加急")),
            at(hours(26) + 10, Supervisor, SetUrgency(Urgency::Low, "客户电话里同意下周结合保养一起处理"))
                .offline(hours(25), hours(27)),
        ],
    },
    Story {
        ago: days(3),
        by: SecondAgent,
        client: &MINGDE,
        machine: MOULDER_MINGDE,
        matter: Matter { kind: Kind::Complaint, nature: Some(ComplaintNature::Delivery), ..FAULT },
        summary: "投诉：备件答应三天到，一周没到",
        words: "加热圈你们说三天到，今天第七天了，打电话每次都说在路上。我机器停着一天损失好几千，这个谁负责？",
        steps: &[
            at(hours(2), SecondAgent, Assign(SecondEast)),
            at(
                hours(3),
                Manager,
                Reclassify(Matter { kind: Kind::Complaint, flags: &[Flag::StrongDissatisfaction], ..FAULT }),
            ),
            at(
                hours(3) + 5,
                Manager,
                Comment("请仓库查实物流单号，今天下班前给客户一个准信，并由主管致歉。"),
            ),
        ],
    },
    Story {
        ago: days(4),
        by: Agent,
        client: &YUEXIN,
        machine: NONE,
        matter: SUGGESTION,
        summary: "建议触摸屏增加粤语/繁体界面",
        words: "我哋厂好多老师傅唔识睇英文同简体，如果个屏幕可以拣繁体就好用好多。",
        steps: &[
            at(hours(6), Agent, Assign(ProductSpecialist)),
            at(hours(20), ProductSpecialist, Comment("已列入 3.2 版需求池，评审会在下周三。")),
        ],
    },
    Story {
        ago: hours(26),
        by: Agent,
        client: &BINHAI,
        machine: CHILLER_BINHAI,
        matter: Matter { flags: &[Flag::RepeatFault], urgency: Urgency::Urgent, ..COMPLEX_FAULT },
        summary: "冷水机高压报警，三个月内第三次",
        words: "又是高压报警！五月修一次七月修一次，现在又来。冷库里是疫苗，温度一高我们就要报废，你们到底修没修好？",
        steps: &[
            at(15, Agent, Assign(North)),
            at(
                hours(1),
                North,
                Log(ProgressKind::ContactedCustomer, "已指导客户清洗过滤网并降低负荷，压力暂时回落。"),
            ),
            at(hours(2), Supervisor, Comment("第三次了，这次请高工把冷凝器拆开彻底查，换下的件寄回质量部。")),
        ],
    },
];

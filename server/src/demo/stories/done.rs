//! Tickets whose work is done: signed, declined, or still to be called back.

use domain::ticket::{Channel, Flag, ProgressKind, ResponsibleParty, Urgency};

use super::people::*;
use super::*;
use crate::demo::company::Who::{
    Agent, East, North, ProductSpecialist, SecondAgent, SecondEast, South, Supervisor,
};
use crate::demo::script::Deed::{
    Assign, CallBack, Cancel, CheckIn, CheckOut, Comment, Complete, Decline, Log, Replace, Sign, Tell,
};
use crate::demo::script::{Part, Work, at};

pub(super) const STORIES: &[Story<'static>] = &[
    Story {
        ago: hours(9) + 30,
        by: Agent,
        client: &HAIYUN,
        machine: COMPRESSOR_HAIYUN,
        matter: FAULT,
        summary: "空压机保养提示无法复位",
        words: "保养灯一直亮着，你们上次做完保养没有清掉，操作工每次都要按掉才能开机。",
        steps: &[
            at(15, Agent, Assign(East)),
            at(35, East, Log(ProgressKind::ContactedCustomer, "下午顺路处理。")),
            at(hours(6), East, CheckIn).offline(hours(6) - 5, hours(8)),
            at(
                hours(6) + 25,
                East,
                Complete(Work {
                    found: "控制器保养计时未清零，历史记录显示上次保养后仅复位了油滤计时。",
                    done: "进入二级菜单逐项复位，并核对了各项保养周期；现场演示给操作工。",
                    cause: "上次保养漏做一步复位",
                    responsible: ResponsibleParty::Unknown,
                    remaining: "",
                }),
            )
            .offline(hours(6) - 5, hours(8)),
            at(hours(6) + 35, East, Sign(0, 4, "")).offline(hours(6) - 5, hours(8)),
            at(hours(6) + 40, East, CheckOut).offline(hours(6) - 5, hours(8)),
        ],
    },
    Story {
        ago: days(1) + hours(20),
        by: SecondAgent,
        client: &HUIFENG,
        machine: PACKER_HUIFENG,
        matter: FAULT,
        summary: "打码日期不清",
        words: "日期打出来缺半边，市监来抽查要罚款的。",
        steps: &[
            at(20, SecondAgent, Assign(SecondEast)),
            at(40, SecondEast, Log(ProgressKind::ContactedCustomer, "约明早第一家到。")),
            at(hours(17), SecondEast, CheckIn),
            at(hours(18), SecondEast, Replace(Part("热打印头", "PK-TTO-53", "TTO2312-65", "TTO2509-31", 1))),
            at(
                hours(18) + 20,
                SecondEast,
                Complete(Work {
                    found: "热打印头左侧 12 个发热点断线。",
                    done: "更换打印头，校准压力和平行度，连续打印 300 袋检查合格。",
                    cause: "色带跑偏磨损打印头边缘",
                    responsible: ResponsibleParty::ProductQuality,
                    remaining: "建议下次保养时更换色带导向轮。",
                }),
            ),
            at(hours(18) + 35, SecondEast, Sign(2, 5, "师傅很细心")),
            at(hours(18) + 40, SecondEast, CheckOut),
        ],
    },
    Story {
        ago: days(2) + hours(3),
        by: Agent,
        client: &LUJIAZUI,
        machine: AIRCON_HARBOUR,
        matter: Matter { channel: Channel::Email, ..FAULT },
        summary: "Apartment 1807: unit will not switch to heating",
        words: "The cabinet unit in 1807 stays in fan mode whatever the guest selects. Reception has moved the guest, but we need the \
                flat back by the weekend.",
        steps: &[
            at(25, Agent, Assign(East)),
            at(55, East, Log(ProgressKind::ContactedCustomer, "Agreed to come tomorrow between 10 and 12.")),
            at(hours(22), East, CheckIn),
            at(hours(22) + 50, East, Replace(Part("Four-way valve coil", "KT-4WV-C", "", "4WV-2511-08", 1))),
            at(
                hours(23) + 10,
                East,
                Complete(Work {
                    found: "Coil of the four-way valve open circuit (infinite resistance), valve body free.",
                    done: "Replaced the coil, tested heating for 20 minutes: outlet air 46 °C.",
                    cause: "Moisture in the coil connector",
                    responsible: ResponsibleParty::ProductQuality,
                    remaining: "",
                }),
            ),
            at(hours(23) + 25, East, Sign(1, 5, "Quick and tidy, thank you.")),
            at(hours(23) + 30, East, CheckOut),
        ],
    },
    Story {
        ago: days(2) + hours(8),
        by: SecondAgent,
        client: &NANNING,
        machine: AIRCON_NANNING,
        matter: FAULT,
        summary: "安装后内机漏水浸湿墙纸",
        words: "装完第二天就漏水，新贴的墙纸都泡了，这个怎么赔？",
        steps: &[
            at(20, SecondAgent, Assign(South)),
            at(90, South, Log(ProgressKind::ContactedCustomer, "")),
            at(hours(25), South, CheckIn),
            at(
                hours(26),
                South,
                Complete(Work {
                    found: "排水管出墙处坡度反向，积水倒灌。",
                    done: "重新开孔调整坡度，注水试验 30 分钟无渗漏。",
                    cause: "安装时未做注水试验",
                    responsible: ResponsibleParty::Installation,
                    remaining: "墙纸赔偿需由客服中心另行答复。",
                }),
            ),
            at(hours(26) + 10, South, Decline("漏水是修好了，但墙纸没说怎么赔，我不签。")),
            at(hours(26) + 15, South, CheckOut),
            at(hours(30), Supervisor, Comment("请小吴与安装商对接赔付，48 小时内给韦女士答复。")),
        ],
    },
    Story {
        ago: days(1) + hours(9),
        by: Agent,
        client: &QILU,
        machine: WASHER_QILU,
        matter: FAULT,
        summary: "洗衣机进水慢，显示 E1",
        words: "洗一桶衣服要三个小时，光进水就半小时，后来就报 E1。",
        steps: &[
            at(30, Agent, Assign(North)),
            at(100, North, Log(ProgressKind::ContactedCustomer, "")),
            at(hours(7), North, CheckIn),
            at(
                hours(7) + 30,
                North,
                Complete(Work {
                    found: "进水阀滤网被水垢和泥沙堵死。",
                    done: "拆洗滤网，测进水 9 L/min，正常。教会客户自行清洗。",
                    cause: "小区水管施工后泥沙多",
                    responsible: ResponsibleParty::CustomerUse,
                    remaining: "",
                }),
            ),
            at(hours(7) + 38, North, Sign(3, 5, "")),
            at(hours(7) + 40, North, CheckOut),
            at(hours(8), North, Tell("已告知孙女士停水施工后先清滤网。")),
        ],
    },
    Story {
        ago: days(3),
        by: SecondAgent,
        client: &PENGCHENG,
        machine: LASER_PENGCHENG,
        matter: INQUIRY,
        summary: "质保期内更换保护镜片是否收费",
        words: "保护镜片算耗材还是质保件？一个月换了四片了，财务要我问清楚。",
        steps: &[
            at(50, SecondAgent, Assign(ProductSpecialist)),
            at(hours(2), ProductSpecialist, Log(ProgressKind::ContactedCustomer, "")),
            at(
                hours(5),
                ProductSpecialist,
                Complete(Work {
                    found: "客户辅助气体含油，镜片消耗偏快；保护镜片按手册 9.1 条属耗材。",
                    done: "书面答复收费标准，免费寄送一套气路滤芯并附更换说明。",
                    cause: "",
                    responsible: ResponsibleParty::CustomerUse,
                    remaining: "",
                }),
            ),
            at(hours(6), ProductSpecialist, Tell("邮件已发陈嘉欣，电话确认收到。")),
            at(hours(30), Agent, CallBack(Some(4), "答复清楚，滤芯已收到。")),
        ],
    },
    Story {
        ago: days(1) + hours(4),
        by: Agent,
        client: &YUEXIN,
        machine: MOULDER_YUEXIN,
        matter: Matter { flags: &[Flag::StrongDissatisfaction], urgency: Urgency::Urgent, ..COMPLAINT },
        summary: "投诉：同一故障两次上门没修好",
        words: "你们嚟咗两次都整唔好个料筒温度，每次都话得，行咗半日又唔得。再系咁我哋就换供应商。",
        steps: &[
            at(8, Agent, Assign(South)),
            at(20, South, Log(ProgressKind::ContactedCustomer, "已致歉，带备用温控模块今天到。")),
            at(hours(4), South, CheckIn),
            at(hours(5), South, Replace(Part("温控模块 4 路", "IM-TC-04", "TC2307-391", "TC2511-055", 1))),
            at(hours(5) + 20, South, Replace(Part("热电偶 K 型", "IM-TK-12", "", "", 4))),
            at(
                hours(7),
                South,
                Complete(Work {
                    found: "温控模块第三路输出受热漂移，冷机时正常，所以前两次未复现。",
                    done: "更换温控模块与全部热电偶，满负荷连续运行 90 分钟温差 ±1 ℃。",
                    cause: "模块元件老化",
                    responsible: ResponsibleParty::ProductQuality,
                    remaining: "",
                }),
            ),
            at(hours(7) + 15, South, Sign(0, 3, "希望这次真的好了")),
            at(hours(7) + 20, South, CheckOut),
        ],
    },
    Story {
        ago: days(2),
        by: Agent,
        client: &MINGDE,
        machine: MOULDER_MINGDE,
        matter: FAULT,
        summary: "机械手取件偏位",
        words: "机械手夹偏，掉了好几个件在模里，差点压模。",
        steps: &[
            at(20, Agent, Assign(SecondEast)),
            at(45, SecondEast, Log(ProgressKind::ContactedCustomer, "约今天下午。")),
            at(hours(5), Agent, Cancel("客户来电称机械手厂家已派人，请我们不用来了。")),
            at(hours(5) + 10, SecondEast, CheckIn).offline(hours(4) + 50, hours(8)),
            at(
                hours(6),
                SecondEast,
                Complete(Work {
                    found: "机械手 X 轴零点漂移 4 mm。",
                    done: "重新校零并锁紧编码器联轴器，空跑 50 次无偏差。",
                    cause: "联轴器螺钉松动",
                    responsible: ResponsibleParty::Installation,
                    remaining: "",
                }),
            )
            .offline(hours(4) + 50, hours(8)),
            at(hours(6) + 10, SecondEast, CheckOut).offline(hours(4) + 50, hours(8)),
        ],
    },
];

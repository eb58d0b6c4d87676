//! The customers of the stories, and their machines.

use super::{Client, Machine};

macro_rules! clients {
    ($($key:ident: $name:literal, $company:literal, $phone:literal, $email:literal, $language:literal, $region:literal, $address:literal;)*) => {
        $(pub(super) const $key: Client = Client {
            name: $name,
            company: $company,
            phone: $phone,
            email: $email,
            language: $language,
            region: $region,
            address: $address,
        };)*
    };
}

// Key: person, company, telephone, e-mail, language, region, address. All invented.
clients! {
    HAIYUN: "王芳", "上海海韵精密机械有限公司", "021-55510137", "wangfang@haiyun.example", "zh-CN", "上海", "上海市松江区新桥镇莘砖公路 3188 号 5 号厂房";
    JINGTAI: "刘志刚", "苏州晶泰电子科技有限公司", "0512-55510286", "", "zh-CN", "江苏", "江苏省苏州市工业园区星湖街 328 号 B 座一层";
    NORDLICHT: "Karin Lindqvist", "Nordlicht Precision (Suzhou) Co., Ltd.", "0512-55510733", "k.lindqvist@nordlicht.example", "en", "江苏", "17 Suhong East Road, Suzhou Industrial Park, Jiangsu";
    XIHU: "沈丽华", "", "13955510462", "", "zh-CN", "浙江", "浙江省杭州市西湖区文三路 478 号 6 幢 2 单元 1102 室";
    MINGDE: "何明德", "宁波明德塑胶制品厂", "0574-55510915", "mingde@mingde.example", "zh-CN", "浙江", "浙江省宁波市余姚市泗门镇工业二路 12 号";
    HUIFENG: "郭慧", "合肥徽丰食品有限公司", "0551-55510624", "", "zh-CN", "安徽", "安徽省合肥市经开区繁华大道 10566 号";
    LUJIAZUI: "Daniel Whitmore", "Harbour View Serviced Apartments", "021-55510458", "facilities@harbourview.example", "en", "上海", "1288 Pudong Avenue, Pudong, Shanghai";
    YUEXIN: "黄伟强", "东莞粤信五金模具有限公司", "0769-55510381", "huang@yuexin.example", "zh-CN", "广东", "广东省东莞市长安镇振安东路 56 号";
    PENGCHENG: "陈嘉欣", "深圳鹏程智能装备有限公司", "0755-55510592", "jiaxin.chen@pengcheng.example", "zh-CN", "广东", "广东省深圳市宝安区福海街道桥头社区重庆路 12 号";
    BLUEWATER: "Priya Raman", "Bluewater Packaging (Xiamen) Ltd.", "0592-55510847", "priya.raman@bluewater.example", "en", "福建", "68 Xiangxing Road, Huli District, Xiamen, Fujian";
    NANNING: "韦小燕", "", "13755510296", "", "zh-CN", "广西", "广西壮族自治区南宁市青秀区民族大道 131 号 9 栋 1603";
    HAIKOU: "符海明", "海口椰林酒店管理有限公司", "0898-55510173", "", "zh-CN", "海南", "海南省海口市龙华区滨海大道 105 号";
    JINGCHENG: "张建国", "北京京诚重型装备制造厂", "010-55510264", "zhangjg@jingcheng.example", "zh-CN", "北京", "北京市大兴区亦庄经济开发区科创十四街 99 号";
    BINHAI: "马晓东", "天津滨海冷链物流有限公司", "022-55510831", "", "zh-CN", "天津", "天津市滨海新区中新生态城中成大道 501 号冷库";
    QILU: "孙秀英", "", "13655510748", "", "zh-CN", "山东", "山东省济南市历下区泺源大街 229 号 3 单元 502";
    TANGSHAN: "李文博", "唐山盛源陶瓷有限公司", "0315-55510957", "", "zh-CN", "河北", "河北省唐山市路北区缸窑路 41 号";
}

macro_rules! machines {
    ($($key:ident: $model:literal, $serial:literal, $batch:literal, $order:literal, $bought:literal;)*) => {
        $(pub(super) const $key: Machine = Machine {
            model: $model,
            serial: $serial,
            batch: $batch,
            order: $order,
            bought: $bought,
        };)*
    };
}

// Key: model, serial, batch, order, when it was bought.
machines! {
    COMPRESSOR_HAIYUN: "KY-37V", "KY37V2209-0418", "2209B", "SO20220917-031", "2022-09-17";
    COMPRESSOR_JINGCHENG: "KY-75V", "KY75V2311-0056", "2311A", "SO20231102-008", "2023-11-02";
    COMPRESSOR_TANGSHAN: "KY-37V", "KY37V2209-0433", "2209B", "SO20220926-014", "2022-09-26";
    LASER_JINGTAI: "LC-3015F", "LC3015F2404-0112", "2404A", "SO20240411-020", "2024-04-11";
    LASER_PENGCHENG: "LC-3015F", "LC3015F2404-0127", "2404A", "SO20240422-005", "2024-04-22";
    MOULDER_MINGDE: "IM-160S", "IM160S2106-0247", "2106C", "SO20210618-042", "2021-06-18";
    MOULDER_YUEXIN: "IM-160S", "IM160S2307-0391", "2307A", "SO20230725-011", "2023-07-25";
    CHILLER_NORDLICHT: "CL-12P", "CL12P2405-0088", "2405A", "SO20240520-017", "2024-05-20";
    CHILLER_BINHAI: "CL-30P", "CL30P2208-0019", "2208A", "SO20220809-003", "2022-08-09";
    PACKER_HUIFENG: "PK-450", "PK4502312-0065", "2312A", "SO20231215-026", "2023-12-15";
    PACKER_BLUEWATER: "PK-450", "PK4502502-0009", "2502A", "SO20250210-002", "2025-02-10";
    AIRCON_XIHU: "KT-35GW", "KT35GW2505-7731", "2505C", "W20250601-88213", "2025-06-01";
    AIRCON_NANNING: "KT-35GW", "KT35GW2505-7796", "2505C", "W20250613-90427", "2025-06-13";
    AIRCON_HARBOUR: "KT-72LW", "KT72LW2403-1150", "2403B", "SO20240318-009", "2024-03-18";
    WASHER_QILU: "XQ-10K", "XQ10K2601-3345", "2601A", "W20260208-10933", "2026-02-08";
    HEATER_HAIKOU: "RS-300L", "RS300L2410-0021", "2410A", "SO20241022-013", "2024-10-22";
    NONE: "", "", "", "", "";
}

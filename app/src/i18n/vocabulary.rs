//! Names for the domain's own values.

use domain::people::{DepartmentFunction, Role};
use domain::sla::ClockName;
use domain::ticket::{
    AttachmentKind, Channel, CloseResult, ComplaintNature, Difficulty, Flag, Kind, ProgressKind,
    ResponsibleParty, Satisfaction, Stage, Urgency, Waiting,
};

use super::Words;

impl Words {
    /// What a message is.
    pub fn kind(self, kind: Kind) -> &'static str {
        match kind {
            Kind::Fault => self.kind_fault(),
            Kind::Complaint => self.kind_complaint(),
            Kind::Inquiry => self.kind_inquiry(),
            Kind::Suggestion => self.kind_suggestion(),
        }
    }

    /// How soon it must be dealt with.
    pub fn urgency(self, urgency: Urgency) -> &'static str {
        match urgency {
            Urgency::Urgent => self.urgency_urgent(),
            Urgency::Normal => self.urgency_normal(),
            Urgency::Low => self.urgency_low(),
        }
    }

    /// How hard it is.
    pub fn difficulty(self, difficulty: Difficulty) -> &'static str {
        match difficulty {
            Difficulty::Simple => self.difficulty_simple(),
            Difficulty::Complex => self.difficulty_complex(),
            Difficulty::Hard => self.difficulty_hard(),
        }
    }

    /// What makes a ticket more than ordinary.
    pub fn flag(self, flag: Flag) -> &'static str {
        match flag {
            Flag::SafetyHazard => self.flag_safety_hazard(),
            Flag::ProductionStop => self.flag_production_stop(),
            Flag::BatchDefect => self.flag_batch_defect(),
            Flag::StrongDissatisfaction => self.flag_strong_dissatisfaction(),
            Flag::RepeatFault => self.flag_repeat_fault(),
        }
    }

    /// What a complaint is about.
    pub fn nature(self, nature: ComplaintNature) -> &'static str {
        match nature {
            ComplaintNature::ProductQuality => self.nature_product_quality(),
            ComplaintNature::ServiceAttitude => self.nature_service_attitude(),
            ComplaintNature::Delivery => self.nature_delivery(),
            ComplaintNature::RepeatFault => self.nature_repeat_fault(),
            ComplaintNature::Other => self.nature_other(),
        }
    }

    /// How a message came in.
    pub fn channel(self, channel: Channel) -> &'static str {
        match channel {
            Channel::Phone => self.channel_phone(),
            Channel::OnlineChat => self.channel_online_chat(),
            Channel::WechatAccount => self.channel_wechat_account(),
            Channel::Email => self.channel_email(),
            Channel::WebForm => self.channel_web_form(),
            Channel::StoreForm => self.channel_store_form(),
            Channel::EngineerOnSite => self.channel_engineer_on_site(),
        }
    }

    /// How far a ticket has come.
    pub fn stage(self, stage: Stage) -> &'static str {
        match stage {
            Stage::New => self.stage_new(),
            Stage::Assigned => self.stage_assigned(),
            Stage::Working => self.stage_working(),
            Stage::Done => self.stage_done(),
            Stage::Closed => self.stage_closed(),
            Stage::Cancelled => self.stage_cancelled(),
        }
    }

    /// What the work waits for.
    pub fn waiting(self, waiting: Waiting) -> &'static str {
        match waiting {
            Waiting::Parts => self.progress_waiting_for_parts(),
            Waiting::Customer => self.progress_waiting_for_customer(),
        }
    }

    /// A kind of progress entry.
    pub fn progress(self, kind: ProgressKind) -> &'static str {
        match kind {
            ProgressKind::ContactedCustomer => self.progress_contacted_customer(),
            ProgressKind::VisitArranged => self.progress_visit_arranged(),
            ProgressKind::OnTheWay => self.progress_on_the_way(),
            ProgressKind::Arrived => self.progress_arrived(),
            ProgressKind::WaitingForParts => self.progress_waiting_for_parts(),
            ProgressKind::WaitingForCustomer => self.progress_waiting_for_customer(),
            ProgressKind::WorkResumed => self.progress_work_resumed(),
            ProgressKind::Answered => self.progress_answered(),
            ProgressKind::Note => self.progress_note(),
        }
    }

    /// What the time of a progress entry is.
    pub fn promise_label(self, kind: ProgressKind) -> &'static str {
        match kind {
            ProgressKind::VisitArranged => self.promise_visit(),
            ProgressKind::ContactedCustomer => self.promise_reply(),
            _ => self.promise_next(),
        }
    }

    /// What the time of a progress entry leads to.
    pub fn promise_hint(self, kind: ProgressKind) -> &'static str {
        match kind {
            ProgressKind::VisitArranged => self.promise_visit_hint(),
            ProgressKind::ContactedCustomer => self.promise_reply_hint(),
            _ => self.promise_next_hint(),
        }
    }

    /// What a file is, in a word.
    pub fn attachment_kind(self, kind: AttachmentKind) -> &'static str {
        match kind {
            AttachmentKind::Photo => self.attachment_photo(),
            AttachmentKind::Video => self.attachment_video(),
            AttachmentKind::Document => self.attachment_document(),
            AttachmentKind::Sound => self.attachment_sound(),
        }
    }

    /// What kind of file was added.
    pub fn attached(self, kind: AttachmentKind) -> &'static str {
        match kind {
            AttachmentKind::Photo => self.deed_attach_photo(),
            AttachmentKind::Video => self.deed_attach_video(),
            AttachmentKind::Document => self.deed_attach_document(),
            AttachmentKind::Sound => self.deed_attach_sound(),
        }
    }

    /// On whose account a fault is.
    pub fn responsible(self, party: ResponsibleParty) -> &'static str {
        match party {
            ResponsibleParty::ProductQuality => self.responsible_product_quality(),
            ResponsibleParty::CustomerUse => self.responsible_customer_use(),
            ResponsibleParty::TransportDamage => self.responsible_transport_damage(),
            ResponsibleParty::Installation => self.responsible_installation(),
            ResponsibleParty::Unknown => self.responsible_unknown(),
        }
    }

    /// How a ticket ended.
    pub fn close_result(self, result: CloseResult) -> &'static str {
        match result {
            CloseResult::ResolvedSatisfied => self.result_resolved_satisfied(),
            CloseResult::ResolvedNotSatisfied => self.result_resolved_not_satisfied(),
        }
    }

    /// How content a customer is.
    pub fn satisfaction(self, satisfaction: Satisfaction) -> &'static str {
        match satisfaction.score() {
            1 => self.satisfaction_1(),
            2 => self.satisfaction_2(),
            3 => self.satisfaction_3(),
            4 => self.satisfaction_4(),
            _ => self.satisfaction_5(),
        }
    }

    /// A clock.
    pub fn clock(self, name: ClockName) -> &'static str {
        match name {
            ClockName::Acknowledge => self.clock_acknowledge(),
            ClockName::Register => self.clock_register(),
            ClockName::FirstResponse => self.clock_first_response(),
            ClockName::Reply => self.clock_reply(),
            ClockName::Resolution => self.clock_resolution(),
            ClockName::VisitNotice => self.clock_visit_notice(),
            ClockName::ResultNotice => self.clock_result_notice(),
            ClockName::Callback => self.clock_callback(),
            ClockName::Recovery => self.clock_recovery(),
            ClockName::Rectification => self.clock_rectification(),
            ClockName::Milestone => self.clock_milestone(),
        }
    }

    /// What a person is.
    pub fn role(self, role: Role) -> &'static str {
        match role {
            Role::Agent => self.role_agent(),
            Role::Engineer => self.role_engineer(),
            Role::Specialist => self.role_specialist(),
            Role::Inspector => self.role_inspector(),
            Role::Supervisor => self.role_supervisor(),
            Role::Manager => self.role_manager(),
            Role::Admin => self.role_admin(),
        }
    }

    /// What a department is there for.
    pub fn function(self, function: DepartmentFunction) -> &'static str {
        match function {
            DepartmentFunction::AfterSales => self.function_after_sales(),
            DepartmentFunction::RegionalTeam => self.function_regional_team(),
            DepartmentFunction::CustomerService => self.function_customer_service(),
            DepartmentFunction::Product => self.function_product(),
            DepartmentFunction::Marketing => self.function_marketing(),
            DepartmentFunction::Quality => self.function_quality(),
            DepartmentFunction::Other => self.function_other(),
        }
    }
}

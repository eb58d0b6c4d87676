//! What the customers of the stories were shown before they signed.

use domain::Timestamp;
use domain::ticket::{Sheet, SheetRow, Ticket, TicketNumber};

/// The words of a sheet in one language.
struct Labels {
    language: &'static str,
    customer: &'static str,
    number: &'static str,
    product: &'static str,
    site: &'static str,
    reported: &'static str,
    found: &'static str,
    done: &'static str,
    cause: &'static str,
    part: &'static str,
    remaining: &'static str,
    statement: &'static str,
}

const CHINESE: Labels = Labels {
    language: "zh-CN",
    customer: "客户",
    number: "工单号",
    product: "产品",
    site: "地点",
    reported: "客户反映",
    found: "检查结果",
    done: "处理内容",
    cause: "原因",
    part: "更换配件",
    remaining: "遗留事项",
    statement: "我已核对以上内容，确认服务已按上述内容完成。",
};

const ENGLISH: Labels = Labels {
    language: "en",
    customer: "Customer",
    number: "Ticket",
    product: "Product",
    site: "Site",
    reported: "Reported",
    found: "Found",
    done: "Done",
    cause: "Cause",
    part: "Part replaced",
    remaining: "Still to do",
    statement: "I have read the above and confirm that the service was carried out as described.",
};

/// The sheet of a ticket whose work is done, in the customer's language.
pub(super) fn of(ticket: &Ticket, shown_at: Timestamp) -> Sheet {
    let labels = if ticket.contact.value.language == "en" { &ENGLISH } else { &CHINESE };
    let contact = &ticket.contact.value;
    let product = &ticket.intake.product;
    let number = ticket.number.as_ref().map_or("", TicketNumber::as_str).to_owned();
    let mut rows = vec![
        row(labels.customer, &format!("{} {}", contact.company, contact.name)),
        row(labels.number, &number),
        row(labels.product, &format!("{} {}", product.model, product.serial)),
        row(labels.site, &format!("{} {}", ticket.intake.site.region, ticket.intake.site.address)),
        row(labels.reported, &ticket.intake.words),
    ];
    if let Some(completion) = ticket.completion().map(|completion| &completion.fact) {
        rows.push(row(labels.found, &completion.found));
        rows.push(row(labels.done, &completion.done));
        rows.push(row(labels.cause, &completion.cause));
        for part in ticket.parts.iter().filter(|part| part.cycle == ticket.cycle) {
            rows.push(row(
                labels.part,
                &format!("{} {} × {}", part.fact.name, part.fact.part_number, part.fact.quantity),
            ));
        }
        rows.push(row(labels.remaining, &completion.remaining));
    }
    rows.retain(|row| !row.text.is_empty());
    Sheet::new(ticket.id, number, labels.language.to_owned(), shown_at, rows, labels.statement.to_owned())
}

fn row(label: &str, text: &str) -> SheetRow {
    SheetRow { label: label.to_owned(), text: text.trim().to_owned() }
}

//! What service work is.

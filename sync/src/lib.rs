//! How a device and the server keep the same tickets.

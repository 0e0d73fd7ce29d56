//! Every sentence mcloud says, by message code.

//! The fulfilment core in a simulated world.

#pragma once
// The tables of the blocks that only the simulator reads (model.hpp).

#include "config/schema.hpp"
#include "scenario/model.hpp"

namespace spillway::config {

template <>
const Table<scenario::Slowdown>& table<scenario::Slowdown>();
template <>
const Table<scenario::Service>& table<scenario::Service>();
template <>
const Table<scenario::Priority>& table<scenario::Priority>();
template <>
const Table<scenario::Tenancy>& table<scenario::Tenancy>();
template <>
const Table<scenario::Limiter>& table<scenario::Limiter>();

}  // namespace spillway::config

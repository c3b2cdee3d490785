// Boost.JSON, compiled here once: the headers are all that it needs, no library of its own.
#include <boost/json/src.hpp>

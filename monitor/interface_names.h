// Names for the interfaces that listeners are bound to. An interface may be renamed at any time, so
// names are looked up whenever a Snapshot is made.
#pragma once

#include <string_view>

#include "core/listeners/listener.h"

namespace connwatch {

/// True iff `name` can stand for an interface in the name of a listener: printable ASCII, and not
/// only digits, which would look like an index. The kernel allows nearly any bytes.
bool IsUsableInterfaceName(std::string_view name);

/// Fills in the interface's name of each listener that is bound to one, as this network namespace
/// names it. It stays empty if there is no such interface any more, or if its name is not usable.
void NameInterfaces(ListenerList& list);

}  // namespace connwatch

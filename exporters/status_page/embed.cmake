# Puts a page together and writes it as C++, with the policy that lets nothing else run. Takes PAGE,
# NAME (that of the function that returns it), STYLES and SCRIPTS (lists, SCRIPTS may be empty) and OUTPUT.
cmake_minimum_required(VERSION 3.22)

# SHA-256 in base64, as Content-Security-Policy wants it: 32 bytes, so 42 digits and one padded.
function(hash_of text result)
  set(alphabet "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  string(SHA256 hex "${text}")
  string(APPEND hex "00")  # 33 bytes: whole groups of three
  set(encoded "")
  foreach(begin RANGE 0 60 6)
    string(SUBSTRING "${hex}" ${begin} 6 group)
    foreach(shift 18 12 6 0)
      math(EXPR digit "(0x${group} >> ${shift}) & 63")
      string(SUBSTRING "${alphabet}" ${digit} 1 letter)
      string(APPEND encoded "${letter}")
    endforeach()
  endforeach()
  string(SUBSTRING "${encoded}" 0 43 encoded)
  set(${result} "sha256-${encoded}=" PARENT_SCOPE)
endfunction()

file(READ "${PAGE}" page)
set(style "")
set(script "")
foreach(file IN LISTS STYLES)
  file(READ "${file}" part)
  string(APPEND style "${part}")
endforeach()
foreach(file IN LISTS SCRIPTS)
  file(READ "${file}" part)
  string(APPEND script "${part}")
endforeach()
hash_of("${style}" style_hash)
hash_of("${script}" script_hash)
string(REPLACE "{{style}}" "${style}" page "${page}")
string(REPLACE "{{script}}" "${script}" page "${page}")

set(policy "default-src 'none'; style-src '${style_hash}'; ")
if(SCRIPTS)
  string(APPEND policy "script-src '${script_hash}'; connect-src 'self'; ")
endif()
string(APPEND policy
  "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")

# A string literal may have 65,536 bytes everywhere, adjacent ones together. The page is longer, so its
# parts are joined when it is first asked for. Cut after a newline, never within a character.
set(longest 16000)
set(literals "")
while(NOT page STREQUAL "")
  string(SUBSTRING "${page}" 0 ${longest} part)
  string(LENGTH "${page}" length)
  if(length GREATER longest)
    string(FIND "${part}" "\n" newline REVERSE)
    math(EXPR length "${newline} + 1")
  endif()
  string(SUBSTRING "${page}" 0 ${length} part)
  string(SUBSTRING "${page}" ${length} -1 page)
  string(APPEND literals "\n        R\"page(${part})page\",")
endwhile()

file(WRITE "${OUTPUT}" "// Written by exporters/status_page/embed.cmake.
#include \"exporters/status_page/status_page.h\"

#include <initializer_list>
#include <string>

namespace connwatch {

// NOLINTNEXTLINE(readability-function-size): the page
std::string_view ${NAME}() {
  static const std::string page = [] {
    std::string joined;
    for (const std::string_view part : std::initializer_list<std::string_view>{${literals}
         }) {
      joined += part;
    }
    return joined;
  }();
  return page;
}

std::string_view ${NAME}Policy() {
  return \"${policy}\";
}

}  // namespace connwatch
")

// Whether values of the configuration can be used. jsonnet has no regular expressions, so a selector is
// only looked at for the usual mistakes: promtool finds the others.
local letters = std.stringChars('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_');
local digits = std.stringChars('0123456789');

local isIn(list, char) = std.count(list, char) > 0;
local has(text, part) = std.length(std.findSubstr(part, text)) > 0;

{
  isLabel(value)::
    std.isString(value) && value != '' && isIn(letters, value[0]) &&
    std.length([c for c in std.stringChars(value) if !isIn(letters + digits, c)]) == 0,

  // It begins with a label and ends with a string, so without a brace or a comma. Annotations of alerts
  // have it in backquotes.
  isSelector(value)::
    std.isString(value) && !has(value, '`') &&
    (value == '' || isIn(letters, value[0]) && isIn(['"', "'"], value[std.length(value) - 1])),

  isPattern(value):: value == null || std.isString(value) && has(value, '%s'),

  isTags(value)::
    std.isArray(value) && value != [] && std.length([t for t in value if !std.isString(t)]) == 0,
}

#include "config/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <cstddef>
#include <optional>
#include <sstream>
#include <utility>

#include "config/text_check.h"

namespace connwatch {

namespace {

constexpr std::size_t kMaxNesting = 32;
constexpr std::size_t kMaxNodes = 200'000;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kAliasesRefused =
    "anchors (&) and aliases (*) are not supported, must be written out";

// Thrown through yaml-cpp's parser, because there is no other way to stop it.
struct Refusal {
  YamlMistake mistake;
};

TextPosition PositionOf(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

[[noreturn]] void Refuse(TextPosition position, std::string message) {
  throw Refusal{{position, std::move(message)}};
}

void RefuseAnchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (anchor != 0) Refuse(PositionOf(mark), std::string(kAliasesRefused));
}

// yaml-cpp: SingleDocParser::HandleNode(): "?" and "!" mean that a plain and a quoted value has no
// tag.
void RefuseProperties(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
  RefuseAnchor(mark, anchor);
  if (tag != "?" && tag != "!") {
    Refuse(PositionOf(mark), "tags (!) are not supported, must be a plain value");
  }
}

// Builds the tree from yaml-cpp's events. It holds open collections by value and moves each into
// its parent when it ends.
class TreeBuilder final : public YAML::EventHandler {
 public:
  YamlNode TakeRoot() && { return std::move(root_); }

  // The position where the innermost open collection began.
  TextPosition InnermostOpen() const {
    return open_.empty() ? TextPosition{1, 1} : open_.back().node.position;
  }

  // The last position before the one that the parser is at: the key whose value is not read yet, or
  // the beginning of the collection.
  TextPosition LastSeen() const {
    return !open_.empty() && open_.back().key ? open_.back().key->position : InnermostOpen();
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (has_document_) {
      Refuse(PositionOf(mark), "a second document starts here, must be a single one");
    }
    has_document_ = true;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    RefuseAnchor(mark, anchor);
    if (AwaitsKey()) Refuse(PositionOf(mark), "a key is missing, must be a word before the \":\"");
    YamlNode node;
    // yaml-cpp gives a null the position of whatever follows it.
    if (!open_.empty()) node.position = LastSeen();
    Add(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    Refuse(PositionOf(mark), std::string(kAliasesRefused));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    RefuseProperties(mark, tag, anchor);
    if (AwaitsKey()) {
      open_.back().key = Key{value, PositionOf(mark)};
      return;
    }
    YamlNode node;
    node.kind = YamlNode::Kind::kScalar;
    node.position = PositionOf(mark);
    node.text = value;
    node.quoted = tag == "!";
    Add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    RefuseProperties(mark, tag, anchor);
    Open(YamlNode::Kind::kSequence, PositionOf(mark));
  }
  void OnSequenceEnd() override { Close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    RefuseProperties(mark, tag, anchor);
    Open(YamlNode::Kind::kMapping, PositionOf(mark));
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Key {
    std::string text;
    TextPosition position;
  };
  struct OpenCollection {
    YamlNode node;
    std::optional<Key> key;  // present if its value is not read yet
  };

  bool AwaitsKey() const {
    return !open_.empty() && open_.back().node.kind == YamlNode::Kind::kMapping &&
           !open_.back().key;
  }

  void Open(YamlNode::Kind kind, TextPosition position) {
    if (AwaitsKey()) {
      Refuse(position,
             "this list or mapping is a key or is never closed, must be a word or be closed");
    }
    if (open_.size() == kMaxNesting) {
      Refuse(position,
             "nested too deeply, must be at most " + std::to_string(kMaxNesting) + " levels");
    }
    OpenCollection collection;
    collection.node.kind = kind;
    collection.node.position = position;
    open_.push_back(std::move(collection));
  }

  void Close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    Add(std::move(node));
  }

  void Add(YamlNode node) {
    if (++nodes_ > kMaxNodes) {
      Refuse(node.position, "too many values, must be at most " + std::to_string(kMaxNodes));
    }
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    OpenCollection& parent = open_.back();
    if (parent.key) {
      node.key = std::move(parent.key->text);
      node.key_position = parent.key->position;
      parent.key.reset();
    }
    parent.node.children.push_back(std::move(node));
  }

  bool has_document_ = false;
  std::size_t nodes_ = 0;
  std::vector<OpenCollection> open_;
  YamlNode root_;
};

std::string NotYaml(std::string_view message) { return "not valid YAML: " + std::string(message); }

// Replaces yaml-cpp's most frequent messages by advice on what to do. Other messages are clear
// enough.
std::string Advice(const std::string& message) {
  if (message == YAML::ErrorMsg::END_OF_MAP || message == YAML::ErrorMsg::END_OF_SEQ) {
    return "the indentation fits nothing above, must line up with the keys or items around it";
  }
  if (message == YAML::ErrorMsg::END_OF_MAP_FLOW) return "must have a comma or } before this";
  if (message == YAML::ErrorMsg::END_OF_SEQ_FLOW) return "must have a comma or ] before this";
  if (message == YAML::ErrorMsg::MAP_VALUE) {
    return "a \":\" is not allowed here, must be indented with spaces, or in quotes within a value";
  }
  if (message == YAML::ErrorMsg::UNKNOWN_TOKEN) {
    return "no value begins with this character, must be in quotes";
  }
  return message;
}

YamlMistake MistakeFrom(const YAML::Exception& exception, const TreeBuilder& builder,
                        std::size_t text_size) {
  const std::string& message = exception.msg;
  const TextPosition position = PositionOf(exception.mark);
  const bool at_end = exception.mark.pos >= static_cast<int>(text_size);
  if (at_end && message == YAML::ErrorMsg::END_OF_SEQ_FLOW) {
    return {builder.InnermostOpen(), NotYaml("opened here and never closed, must end with ]")};
  }
  if (at_end && message == YAML::ErrorMsg::END_OF_MAP_FLOW) {
    return {builder.InnermostOpen(), NotYaml("opened here and never closed, must end with }")};
  }
  if (message == YAML::ErrorMsg::EOF_IN_SCALAR) {
    return {builder.LastSeen(),
            NotYaml("a quote after this is never closed, must end with another")};
  }
  if (message.starts_with(YAML::ErrorMsg::UNKNOWN_ANCHOR)) {
    return {position, std::string(kAliasesRefused)};
  }
  return {position, NotYaml(Advice(message))};
}

}  // namespace

std::variant<YamlNode, YamlMistake> ParseYaml(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (std::optional<YamlMistake> mistake = FindUnacceptableText(text)) return *std::move(mistake);

  TreeBuilder builder;
  try {
    // yaml-cpp 0.7 takes the end of the text for a missing quote, but not if a comment comes last.
    std::istringstream stream(std::string(text) + "\n#");
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Refusal& refusal) {
    return refusal.mistake;
  } catch (const YAML::Exception& exception) {
    return MistakeFrom(exception, builder, text.size());
  }
  return std::move(builder).TakeRoot();
}

}  // namespace connwatch

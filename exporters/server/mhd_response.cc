#include "exporters/server/mhd_response.h"

#include <microhttpd.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "exporters/http/body_stream.h"

namespace connwatch {

namespace {

// What libmicrohttpd has in memory of a large body and of a stream, for each connection.
constexpr std::size_t kBodyBlockBytes = std::size_t{32} * 1024;
constexpr std::size_t kStreamBlockBytes = std::size_t{16} * 1024;

// Headers of every reply, unless the reply or the configuration sets them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kDefaultHeaders = {
    {{MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding"},
     {MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
     {"X-Content-Type-Options", "nosniff"}}};

void AddHeader(MHD_Response* response, const std::string& name, std::string_view value) {
  if (value.empty() || MHD_get_response_header(response, name.c_str()) != nullptr) return;
  MHD_add_response_header(response, name.c_str(), std::string(value).c_str());
}

// Passes `state` to libmicrohttpd, which deletes it with the response.
template <typename State>
MHD_Response* WithState(std::unique_ptr<State> state, MHD_Response* response) {
  if (response != nullptr) state.release();  // NOLINT(bugprone-unused-return-value): it has it now
  return response;
}

template <typename State>
void Delete(void* state) {
  delete static_cast<State*>(state);
}

// A small body, which stays in memory until it is sent, also if it is given up.
struct WholeBody {
  std::shared_ptr<HeldBody> held;
  std::shared_ptr<const std::string> body;
};

MHD_Response* MakeBufferResponse(const HttpReply& reply, const std::shared_ptr<HeldBody>& held) {
  auto whole = std::make_unique<WholeBody>(WholeBody{held, reply.body});
  // libmicrohttpd's interface lacks const here; it does not write to the body.
  MHD_Response* response = MHD_create_response_from_buffer_with_free_callback_cls(
      reply.body->size(), const_cast<char*>(reply.body->data()), &Delete<WholeBody>, whole.get());
  return WithState(std::move(whole), response);
}

// A large body, of which a block at a time is in the hands of libmicrohttpd. So its memory is free
// at once when it is given up.
struct BodyInBlocks {
  std::shared_ptr<HeldBody> held;
};

// libmicrohttpd: MHD_ContentReaderCallback.
ssize_t ReadBody(void* body_state, std::uint64_t position, char* buffer, std::size_t size) {
  const auto body = static_cast<BodyInBlocks*>(body_state)->held->body();
  if (!body || position > body->size()) return MHD_CONTENT_READER_END_WITH_ERROR;
  return static_cast<ssize_t>(body->copy(buffer, size, position));
}

MHD_Response* MakeBlocksResponse(const HttpReply& reply, const std::shared_ptr<HeldBody>& held) {
  auto blocks = std::make_unique<BodyInBlocks>(BodyInBlocks{held});
  MHD_Response* response = MHD_create_response_from_callback(
      reply.body->size(), kBodyBlockBytes, &ReadBody, blocks.get(), &Delete<BodyInBlocks>);
  return WithState(std::move(blocks), response);
}

// A stream, and the connection that waits for more of it.
struct StreamReader {
  StreamReader(std::shared_ptr<HeldBody> held_body, std::shared_ptr<BodyStream> body,
               MHD_Connection* waiting)
      : held(std::move(held_body)), stream(std::move(body)), connection(waiting) {}
  ~StreamReader() { stream->Leave(); }
  StreamReader(const StreamReader&) = delete;
  StreamReader& operator=(const StreamReader&) = delete;

  const std::shared_ptr<HeldBody> held;
  const std::shared_ptr<BodyStream> stream;
  MHD_Connection* const connection;
};

// libmicrohttpd: MHD_ContentReaderCallback. It is not called again before the connection is
// resumed.
ssize_t ReadStream(void* reader_state, std::uint64_t /*position*/, char* buffer, std::size_t size) {
  auto& reader = *static_cast<StreamReader*>(reader_state);
  const BodyStream::ReadResult read = reader.stream->Read(std::span(buffer, size));
  if (read.state == BodyStream::State::kComplete) return MHD_CONTENT_READER_END_OF_STREAM;
  if (read.state == BodyStream::State::kWaiting) {
    MHD_suspend_connection(reader.connection);
    reader.stream->Await([connection = reader.connection] { MHD_resume_connection(connection); });
  }
  return static_cast<ssize_t>(read.bytes);
}

MHD_Response* MakeStreamResponse(const HttpReply& reply, const std::shared_ptr<HeldBody>& held,
                                 MHD_Connection* connection) {
  auto reader = std::make_unique<StreamReader>(held, reply.stream, connection);
  MHD_Response* response = MHD_create_response_from_callback(
      MHD_SIZE_UNKNOWN, kStreamBlockBytes, &ReadStream, reader.get(), &Delete<StreamReader>);
  return WithState(std::move(reader), response);
}

MHD_Response* MakeResponse(const HttpReply& reply, const std::shared_ptr<HeldBody>& held,
                           MHD_Connection* connection) {
  if (reply.stream) return MakeStreamResponse(reply, held, connection);
  if (reply.body->size() > kBodyBlockBytes) return MakeBlocksResponse(reply, held);
  return MakeBufferResponse(reply, held);
}

}  // namespace

MHD_Response* ToMhdResponse(const HttpReply& reply, const std::shared_ptr<HeldBody>& held,
                            const std::vector<HttpHeader>& configured, MHD_Connection* connection) {
  MHD_Response* response = MakeResponse(reply, held, connection);
  if (response == nullptr) return nullptr;
  AddHeader(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply.content_type);
  AddHeader(response, MHD_HTTP_HEADER_CONTENT_ENCODING, reply.content_encoding);
  AddHeader(response, MHD_HTTP_HEADER_ALLOW, reply.allow);
  for (const HttpHeader& header : configured) AddHeader(response, header.name, header.value);
  for (const HttpHeader& header : reply.headers) AddHeader(response, header.name, header.value);
  for (const auto& [name, value] : kDefaultHeaders) AddHeader(response, std::string(name), value);
  return response;
}

}  // namespace connwatch

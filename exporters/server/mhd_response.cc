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

using SharedBody = std::shared_ptr<const std::string>;

// Headers of every reply, unless the reply or the configuration sets them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kDefaultHeaders = {
    {{MHD_HTTP_HEADER_VARY, "Accept, Accept-Encoding"},
     {MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
     {"X-Content-Type-Options", "nosniff"}}};

void AddHeader(MHD_Response* response, const std::string& name, std::string_view value) {
  if (value.empty() || MHD_get_response_header(response, name.c_str()) != nullptr) return;
  MHD_add_response_header(response, name.c_str(), std::string(value).c_str());
}

MHD_Response* MakeBufferResponse(const SharedBody& body) {
  auto holder = std::make_unique<SharedBody>(body);
  const auto release = [](void* holder_to_delete) {
    delete static_cast<SharedBody*>(holder_to_delete);
  };
  // libmicrohttpd's interface lacks const here; it does not write to the body.
  MHD_Response* response = MHD_create_response_from_buffer_with_free_callback_cls(
      body->size(), const_cast<char*>(body->data()), release, holder.get());
  if (response != nullptr) holder.release();  // NOLINT(bugprone-unused-return-value): it has it now
  return response;
}

// A stream, and the connection that waits for more of it.
struct StreamReader {
  std::shared_ptr<BodyStream> stream;
  MHD_Connection* connection = nullptr;
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

MHD_Response* MakeStreamResponse(const std::shared_ptr<BodyStream>& stream,
                                 MHD_Connection* connection) {
  constexpr std::size_t kBlockBytes = std::size_t{16} * 1024;
  auto reader = std::make_unique<StreamReader>(StreamReader{stream, connection});
  const auto release = [](void* reader_to_delete) {
    const std::unique_ptr<StreamReader> ended(static_cast<StreamReader*>(reader_to_delete));
    ended->stream->Leave();
  };
  MHD_Response* response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, kBlockBytes,
                                                             &ReadStream, reader.get(), release);
  if (response != nullptr) reader.release();  // NOLINT(bugprone-unused-return-value): it has it now
  return response;
}

}  // namespace

MHD_Response* ToMhdResponse(const HttpReply& reply, const std::vector<HttpHeader>& configured,
                            MHD_Connection* connection) {
  MHD_Response* response =
      reply.stream ? MakeStreamResponse(reply.stream, connection) : MakeBufferResponse(reply.body);
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

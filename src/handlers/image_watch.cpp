#include "handlers/image_watch.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace spillway::handlers {
namespace {

int pass_rows_on(VipsRegion* out, void* input, void* /*image*/, void* watch_pointer,
                 gboolean* /*stop*/, bool is_input) {
    auto& watch = *static_cast<ResizeWatch*>(watch_pointer);
    auto* const in = static_cast<VipsRegion*>(input);
    if (watch.must_stop()) return -1;
    const VipsRect rows = out->valid;
    if (vips_region_prepare(in, &rows) != 0) {
        if (is_input) watch.note_input_failed();
        return -1;
    }
    return vips_region_region(out, in, &rows, rows.left, rows.top);
}

int pass_input_on(VipsRegion* out, void* input, void* image, void* watch, gboolean* stop) {
    return pass_rows_on(out, input, image, watch, stop, true);
}

int pass_output_on(VipsRegion* out, void* input, void* image, void* watch, gboolean* stop) {
    return pass_rows_on(out, input, image, watch, stop, false);
}

void on_eval(VipsImage* /*image*/, VipsProgress* progress, void* watch) {
    if (static_cast<ResizeWatch*>(watch)->must_stop()) vips_image_set_kill(progress->im, TRUE);
}

gint64 on_read(VipsSourceCustom* /*source*/, void* buffer, gint64 length, void* cursor_pointer) {
    auto& cursor = *static_cast<InputCursor*>(cursor_pointer);
    if (cursor.watch->must_stop()) return -1;
    const std::size_t left = cursor.bytes.size() - cursor.position;
    const std::size_t count = std::min(left, static_cast<std::size_t>(length));
    if (count > 0) std::memcpy(buffer, cursor.bytes.data() + cursor.position, count);
    cursor.position += count;
    return static_cast<gint64>(count);
}

gint64 on_seek(VipsSourceCustom* /*source*/, gint64 offset, int whence, void* cursor_pointer) {
    auto& cursor = *static_cast<InputCursor*>(cursor_pointer);
    const auto size = static_cast<gint64>(cursor.bytes.size());
    const gint64 base = whence == SEEK_SET   ? 0
                        : whence == SEEK_CUR ? static_cast<gint64>(cursor.position)
                                             : size;
    if (offset < -base || offset > size - base) return -1;
    cursor.position = static_cast<std::size_t>(base + offset);
    return base + offset;
}

}  // namespace

bool ResizeWatch::must_stop() noexcept {
    if (has_stopped_) return true;
    if (!stop_.stop_requested() && now_() < deadline_) return false;
    has_stopped_ = true;
    return true;
}

ImagePtr watched(VipsImage* image, ResizeWatch& watch, bool is_input) {
    ImagePtr out(vips_image_new());
    // The link that pipelinev makes owns nothing: `out` keeps `image` alive until it closes.
    g_object_ref(image);
    vips_object_local(out.get(), image);
    if (vips_image_pipelinev(out.get(), VIPS_DEMAND_STYLE_THINSTRIP, image, nullptr) != 0 ||
        vips_image_generate(out.get(), vips_start_one, is_input ? pass_input_on : pass_output_on,
                            vips_stop_one, image, &watch) != 0) {
        return nullptr;
    }
    return out;
}

void stop_encoding_of(VipsImage* image, ResizeWatch& watch) {
    vips_image_set_progress(image, TRUE);
    g_signal_connect(image, "eval", G_CALLBACK(on_eval), &watch);
}

SourcePtr watched_source(InputCursor& cursor) {
    VipsSourceCustom* const source = vips_source_custom_new();
    if (source == nullptr) return nullptr;
    g_signal_connect(source, "read", G_CALLBACK(on_read), &cursor);
    g_signal_connect(source, "seek", G_CALLBACK(on_seek), &cursor);
    return SourcePtr(VIPS_SOURCE(source));
}

}  // namespace spillway::handlers

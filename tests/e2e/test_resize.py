"""/v1/resize with real photos: dimensions, formats, orientation, and what is not an image."""

import pathlib
import struct
import unittest

from harness import ServiceTest, eventually
from pictures import describe, has_metadata, png

PHOTOS = pathlib.Path(__file__).resolve().parent.parent / "support" / "photos"
TYPICAL = {"jpeg": "photo.jpg", "png": "rgb.png", "webp": "photo.webp", "gif": "still.gif",
           "tiff": "photo.tif"}


def photo(name):
    """A photo's bytes, by file name or as the typical one of a format."""
    return (PHOTOS / TYPICAL.get(name, name)).read_bytes()


def all_photos():
    return [p for p in sorted(PHOTOS.iterdir()) if p.suffix in (".jpg", ".png", ".webp", ".gif", ".tif")]


def landscape():
    """A JPEG photo that is wider than high and has no EXIF, as (bytes, width, height)."""
    data = photo("photo.jpg")
    _, width, height = describe(data)
    assert width > height and not has_metadata(data)
    return data, width, height


def with_orientation(jpeg, orientation):
    """The JPEG with an EXIF block that says how to turn it."""
    tiff = (b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 1)
            + struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0) + struct.pack("<I", 0))
    block = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + jpeg[2:]


class Resize(ServiceTest):
    def post(self, server, query, body):
        client = server.connect()
        response = client.request("POST", "/v1/resize?" + query, body=body)
        client.close()
        return response

    def resized(self, server, query, body):
        response = self.post(server, query, body)
        self.assertEqual(response.status, 200, response)
        return describe(response.body), response

    def test_every_input_format_gives_every_output_format(self):
        server = self.start()
        self.assertGreaterEqual(len(all_photos()), 5)
        for path in all_photos():
            for output in ("jpeg", "png", "webp"):
                with self.subTest(photo=path.name, output=output):
                    (kind, width, height), response = self.resized(
                        server, f"width=48&height=48&format={output}", path.read_bytes())
                    self.assertEqual(kind, output)
                    self.assertEqual(response.header("content-type"), f"image/{output}")
                    self.assertEqual(max(width, height), 48)
                    self.assert_signed(response)

    def test_the_format_stays_the_input_s_where_it_can(self):
        server = self.start()
        for kind in ("jpeg", "png", "webp"):
            with self.subTest(kind=kind):
                (got, _, _), _ = self.resized(server, "width=32", photo(kind))
                self.assertEqual(got, kind)
        for kind in ("gif", "tiff"):
            with self.subTest(kind=kind):
                (got, _, _), _ = self.resized(server, "width=32", photo(kind))
                self.assertIn(got, ("jpeg", "png", "webp"))

    def test_inside_keeps_the_shape_and_fits_the_box(self):
        server = self.start()
        data, width, height = landscape()
        for query in ("width=80", "width=80&height=8192", "width=80&height=80", "width=80&fit=inside"):
            with self.subTest(query=query):
                (_, w, h), _ = self.resized(server, query, data)
                self.assertEqual(w, 80)
                self.assertLessEqual(abs(h - 80 * height / width), 1)
        (_, w, h), _ = self.resized(server, "height=40", data)
        self.assertEqual(h, 40)
        self.assertLessEqual(abs(w - 40 * width / height), 1)

    def test_cover_and_fill_give_exactly_the_box(self):
        server = self.start()
        data, _, _ = landscape()
        for fit in ("cover", "fill"):
            for box in ((40, 90), (64, 64), (90, 40)):
                with self.subTest(fit=fit, box=box):
                    (_, w, h), _ = self.resized(server, f"width={box[0]}&height={box[1]}&fit={fit}", data)
                    self.assertEqual((w, h), box)

    def test_it_enlarges_only_when_asked(self):
        server = self.start()
        data, width, height = landscape()
        (_, w, h), _ = self.resized(server, f"width={width + 50}", data)
        self.assertEqual((w, h), (width, height))
        (_, w, _), _ = self.resized(server, f"width={width + 50}&enlarge=true", data)
        self.assertEqual(w, width + 50)

    def test_orientation_is_honoured_and_metadata_stripped(self):
        server = self.start()
        data, width, height = landscape()
        turned = with_orientation(data, 6)
        self.assertTrue(has_metadata(turned))
        (_, w, h), response = self.resized(server, "height=80", turned)
        self.assertEqual(h, 80)
        self.assertLessEqual(abs(w - 80 * height / width), 1)
        self.assertFalse(has_metadata(response.body))
        (_, w, h), response = self.resized(server, "width=100", photo("orientation6.jpg"))
        self.assertEqual((w, h), (100, 75))
        self.assertFalse(has_metadata(response.body))

    def test_a_lower_quality_is_a_smaller_file(self):
        server = self.start()
        data, width, _ = landscape()
        for output in ("jpeg", "webp"):
            sizes = [len(self.post(server, f"width={width // 2}&format={output}&quality={q}", data).body)
                     for q in (10, 90)]
            self.assertLess(sizes[0], sizes[1])

    def test_a_chunked_upload_is_an_upload(self):
        server = self.start()
        data, _, _ = landscape()
        client = server.connect()
        client.start("POST", "/v1/resize?width=32", {"Transfer-Encoding": "chunked"})
        for at in range(0, len(data), 5000):
            piece = data[at:at + 5000]
            client.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        client.send(b"0\r\n\r\n")
        self.assertEqual(describe(client.response().body)[1], 32)

    def test_body_memory_comes_back(self):
        server = self.start()
        data, _, _ = landscape()
        client = server.connect()
        client.start("POST", "/v1/resize?width=32", body=None, headers={"Content-Length": str(len(data))})
        client.send(data[:-1])
        server.await_value(len(data) - 1, "body_memory_bytes")
        client.send(data[-1:])
        self.assertEqual(client.response().status, 200)
        server.await_value(0, "body_memory_bytes")


class NotQuiteImages(ServiceTest):
    """Refusals of the handler are accepted requests that end as client errors."""

    def setUp(self):
        self.server = self.start({"resize": {"pixels_max": 2_000_000, "output_pixels_max": 1_000_000}})
        self.client = self.server.connect()

    def expect(self, status, body, query="width=10"):
        before = self.server.value("requests_finished_total", route="/v1/resize", ending="client_error")
        response = self.client.request("POST", "/v1/resize?" + query, body=body)
        self.assertEqual(response.status, status, response)
        self.assertEqual(response.header("content-type"), "application/problem+json")
        self.assertEqual(response.json()["status"], status)
        eventually(lambda: self.server.value("requests_finished_total", route="/v1/resize",
                                             ending="client_error") == before + 1)
        return response

    def test_what_is_no_image_is_415(self):
        for body in (b"", b"hello", b"\0" * 1000, b"<svg xmlns='http://www.w3.org/2000/svg'/>",
                     b"%PDF-1.4\n", b"\xff\xd8"):
            with self.subTest(body=body[:10]):
                # Two bytes of a JPEG may pass as a truncated image.
                response = self.client.request("POST", "/v1/resize?width=10", body=body)
                self.assertIn(response.status, (415, 422) if body.startswith(b"\xff\xd8") else (415,))

    def test_a_truncated_image_is_422(self):
        for kind in ("jpeg", "png", "webp"):
            data = photo(kind)
            with self.subTest(kind=kind):
                self.expect(422, data[:len(data) * 2 // 3])

    def test_a_pixel_bomb_is_422_before_any_pixel_is_decoded(self):
        cpu = self.server.cpu_seconds()
        self.expect(422, png(60000, 60000, b"\0" * 1000))
        self.expect(422, png(2000, 1001, b"\0" * 2001 * 1001))
        self.assertLess(self.server.cpu_seconds() - cpu, 0.5)

    def test_an_output_too_large_is_422(self):
        data = png(100, 100, b"\0" * 101 * 100)
        self.expect(422, data, "width=1001&height=1000&fit=fill&enlarge=true")
        response = self.client.request("POST", "/v1/resize?width=1000&height=1000&fit=fill&enlarge=true",
                                       body=data)
        self.assertEqual(response.status, 200, response)

    def test_bad_parameters_are_named_with_what_is_allowed(self):
        data = png(10, 10, b"\0" * 110)
        for query, name, allowed in (
                ("", "width", ""), ("width=0", "width", "8192"), ("width=8193", "width", "8192"),
                ("width=ten", "width", "8192"), ("width=-1", "width", "8192"), ("width=", "width", "8192"),
                ("height=99999", "height", "8192"), ("width=5&fit=stretch", "fit", "cover"),
                ("width=5&format=gif", "format", "webp"), ("width=5&quality=0", "quality", "100"),
                ("width=5&quality=101", "quality", "100"), ("width=5&enlarge=maybe", "enlarge", "true"),
                ("width=5&colour=red", "colour", ""), ("width=5&width=6", "width", "")):
            with self.subTest(query=query):
                response = self.client.request("POST", "/v1/resize?" + query, body=data)
                self.assertEqual(response.status, 400, response)
                self.assertEqual(response.header("content-type"), "application/problem+json")
                problem = response.json()
                self.assertEqual(problem["reason"], "bad_request")
                self.assertIn(name, problem["detail"])
                self.assertIn(allowed, problem["detail"])
                if response.says_close:
                    self.client.close()
                    self.client = self.server.connect()


if __name__ == "__main__":
    unittest.main()

//! Content that is more than text: pictures, sound, and resources inside a result.

use anpu_proto::model::{Content, Resource, ResourceContents};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A picture, as the result of a tool or inside a message.
///
/// ```
/// use anpu::Image;
/// use anpu::model::Content;
///
/// let picture = Image::png([0x89, 0x50, 0x4e, 0x47]);
/// let content: Vec<Content> = vec![Content::text("a picture:"), picture.into()];
/// # assert_eq!(content.len(), 2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    data: String,
    mime: String,
}

impl Image {
    /// A picture of this media type.
    pub fn new(bytes: impl AsRef<[u8]>, mime: impl Into<String>) -> Self {
        Self { data: STANDARD.encode(bytes), mime: mime.into() }
    }

    /// A PNG.
    pub fn png(bytes: impl AsRef<[u8]>) -> Self {
        Self::new(bytes, "image/png")
    }

    /// A JPEG.
    pub fn jpeg(bytes: impl AsRef<[u8]>) -> Self {
        Self::new(bytes, "image/jpeg")
    }
}

impl From<Image> for Content {
    fn from(image: Image) -> Self {
        Self::image(image.data, image.mime)
    }
}

/// A sound, as the result of a tool or inside a message.
///
/// ```
/// use anpu::Audio;
/// use anpu::model::Content;
///
/// let beep = Audio::wav(b"RIFF");
/// let content = Content::from(beep);
/// # let _ = content;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audio {
    data: String,
    mime: String,
}

impl Audio {
    /// A sound of this media type.
    pub fn new(bytes: impl AsRef<[u8]>, mime: impl Into<String>) -> Self {
        Self { data: STANDARD.encode(bytes), mime: mime.into() }
    }

    /// A WAV file.
    pub fn wav(bytes: impl AsRef<[u8]>) -> Self {
        Self::new(bytes, "audio/wav")
    }

    /// An MP3 file.
    pub fn mp3(bytes: impl AsRef<[u8]>) -> Self {
        Self::new(bytes, "audio/mpeg")
    }
}

impl From<Audio> for Content {
    fn from(audio: Audio) -> Self {
        Self::audio(audio.data, audio.mime)
    }
}

/// A resource with its contents, inside a result.
///
/// ```
/// use anpu::Embedded;
/// use anpu::model::Content;
///
/// let note = Embedded::text("note:///1", "buy milk").mime("text/markdown");
/// let content = Content::from(note);
/// # let _ = content;
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Embedded {
    contents: ResourceContents,
}

impl Embedded {
    /// A resource that is text.
    pub fn text(uri: impl Into<String>, text: impl Into<String>) -> Self {
        Self { contents: ResourceContents::text(uri, text) }
    }

    /// A resource that is bytes.
    pub fn bytes(uri: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        Self { contents: blob(uri, bytes.as_ref()) }
    }

    /// Its media type.
    #[must_use]
    pub fn mime(mut self, mime: impl Into<String>) -> Self {
        self.contents = self.contents.mime_type(mime);
        self
    }
}

impl From<ResourceContents> for Embedded {
    fn from(contents: ResourceContents) -> Self {
        Self { contents }
    }
}

impl From<Embedded> for Content {
    fn from(embedded: Embedded) -> Self {
        Self::embedded(embedded.contents)
    }
}

/// Bytes as the contents of a resource.
pub(super) fn blob(uri: impl Into<String>, bytes: &[u8]) -> ResourceContents {
    ResourceContents::blob(uri, STANDARD.encode(bytes))
}

/// A resource that a result only points to; the client may read it.
///
/// ```
/// use anpu::ResourceLink;
/// use anpu::model::Content;
///
/// let link = ResourceLink::new("note:///1", "note 1").mime("text/markdown").description("what to buy");
/// let content = Content::from(link);
/// # let _ = content;
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceLink {
    resource: Resource,
}

impl ResourceLink {
    /// A link to this URI, with a name.
    pub fn new(uri: impl Into<String>, name: impl Into<String>) -> Self {
        Self { resource: Resource::new(uri, name) }
    }

    /// The name for people.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.resource.title = Some(title.into());
        self
    }

    /// What it is, for the model.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.resource.description = Some(text.into());
        self
    }

    /// Its media type.
    #[must_use]
    pub fn mime(mut self, mime: impl Into<String>) -> Self {
        self.resource.mime_type = Some(mime.into());
        self
    }

    /// Its size in bytes.
    #[must_use]
    pub fn size(mut self, bytes: u64) -> Self {
        self.resource.size = Some(bytes);
        self
    }
}

impl From<ResourceLink> for Content {
    fn from(link: ResourceLink) -> Self {
        Self::resource_link(link.resource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn bytes_are_base64_and_the_media_type_is_told() {
        let image = serde_json::to_value(Content::from(Image::png([1, 2, 3, 255]))).unwrap();
        assert_eq!(image, json!({ "type": "image", "data": "AQID/w==", "mimeType": "image/png" }));
        let audio = serde_json::to_value(Content::from(Audio::wav([0]))).unwrap();
        assert_eq!(audio, json!({ "type": "audio", "data": "AA==", "mimeType": "audio/wav" }));
    }

    #[test]
    fn an_embedded_resource_is_text_or_bytes() {
        let text = serde_json::to_value(Content::from(Embedded::text("a:b", "t").mime("text/x"))).unwrap();
        assert_eq!(
            text,
            json!({ "type": "resource", "resource": { "uri": "a:b", "text": "t", "mimeType": "text/x" } })
        );
        let bytes = serde_json::to_value(Content::from(Embedded::bytes("a:b", [0]))).unwrap();
        assert_eq!(bytes, json!({ "type": "resource", "resource": { "uri": "a:b", "blob": "AA==" } }));
    }
}

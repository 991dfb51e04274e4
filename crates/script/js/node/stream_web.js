// Node's stream/web.
import {
  ReadableStream, ReadableStreamBYOBReader, ReadableStreamDefaultController, ReadableStreamDefaultReader,
} from "internal:web/readable_stream";
import {
  ByteLengthQueuingStrategy, CountQueuingStrategy, TextDecoderStream, TextEncoderStream, TransformStream,
  TransformStreamDefaultController,
} from "internal:web/transform_stream";
import { WritableStream, WritableStreamDefaultController, WritableStreamDefaultWriter } from "internal:web/writable_stream";

export default {
  ReadableStream, ReadableStreamBYOBReader, ReadableStreamDefaultController, ReadableStreamDefaultReader, WritableStream,
  WritableStreamDefaultController, WritableStreamDefaultWriter, TransformStream, TransformStreamDefaultController,
  ByteLengthQueuingStrategy, CountQueuingStrategy, TextDecoderStream, TextEncoderStream,
};

using System.Text;
using System.Text.Json;

namespace Alignment.ModelCore.Checkpointing;

/// <summary>
/// Parses and checks a header by the rules of the format: starts with <c>{</c>, valid UTF-8 and JSON, no duplicate names, known
/// dtypes, sizes without overflow, offsets that cover the data section exactly once. Nothing is allocated by what the header claims.
/// </summary>
public sealed record SafeTensorsHeader(IReadOnlyDictionary<string, SafeTensorsEntry> Entries, IReadOnlyDictionary<string, string> Metadata)
{
    /// <summary>The format's own limit.</summary>
    public const long MaxBytes = 100_000_000;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Checks the declared header length against the file before anything is read.</summary>
    public static void CheckLength(ulong length, long fileBytes, string source)
    {
        if (length > MaxBytes)
        {
            throw new SafeTensorsException($"{source}: header of {length} bytes, more than the format's limit of {MaxBytes}.");
        }

        if ((long)length > fileBytes - 8)
        {
            throw new SafeTensorsException($"{source}: header of {length} bytes does not fit the file of {fileBytes} bytes.");
        }
    }

    public static SafeTensorsHeader Parse(ReadOnlySpan<byte> utf8, long dataBytes, string source)
    {
        if (utf8.IsEmpty || utf8[0] != (byte)'{')
        {
            throw new SafeTensorsException($"{source}: the header must begin with '{{'.");
        }

        try
        {
            Strict.GetCharCount(utf8);
            var parser = new Parser(source);
            parser.Read(utf8);
            CheckCoverage(parser.Entries.Values, dataBytes, source);
            return new(parser.Entries, parser.Metadata);
        }
        catch (DecoderFallbackException e)
        {
            throw new SafeTensorsException($"{source}: the header is not UTF-8 at byte {e.Index}.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new SafeTensorsException($"{source}: the header is not valid JSON: {e.Message}");
        }
    }

    private static void CheckCoverage(IEnumerable<SafeTensorsEntry> entries, long dataBytes, string source)
    {
        long end = 0;
        foreach (var e in entries.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            if (e.Begin != end)
            {
                throw new SafeTensorsException($"{source}: tensor {e.Name} begins at {e.Begin}, expected {end}: {(e.Begin < end ? "it overlaps another" : "bytes between belong to none")}.");
            }

            end = e.End;
        }

        if (end != dataBytes)
        {
            throw new SafeTensorsException($"{source}: tensors end at byte {end} of the data, the file holds {dataBytes}: {(end > dataBytes ? "truncated" : "trailing bytes")}.");
        }
    }

    private sealed class Parser(string source)
    {
        public Dictionary<string, SafeTensorsEntry> Entries { get; } = new(StringComparer.Ordinal);

        public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

        public void Read(ReadOnlySpan<byte> utf8)
        {
            var json = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = 8 });
            json.Read();
            var names = new HashSet<string>(StringComparer.Ordinal);
            while (Next(ref json) is { } name)
            {
                if (!names.Add(name))
                {
                    throw Bad($"the name {name} appears twice");
                }

                json.Read();
                if (name == "__metadata__")
                {
                    ReadMetadata(ref json);
                }
                else
                {
                    Entries.Add(name, ReadEntry(ref json, name));
                }
            }

            if (json.Read())
            {
                throw Bad("something follows the JSON object");
            }
        }

        private static string? Next(ref Utf8JsonReader json) => json.Read() && json.TokenType == JsonTokenType.PropertyName ? json.GetString()! : null;

        private void ReadMetadata(ref Utf8JsonReader json)
        {
            Expect(ref json, JsonTokenType.StartObject, "__metadata__ must be an object");
            while (Next(ref json) is { } key)
            {
                json.Read();
                Expect(ref json, JsonTokenType.String, $"metadata {key} must be a string");
                if (!Metadata.TryAdd(key, json.GetString()!))
                {
                    throw Bad($"metadata {key} appears twice");
                }
            }
        }

        private SafeTensorsEntry ReadEntry(ref Utf8JsonReader json, string name)
        {
            Expect(ref json, JsonTokenType.StartObject, $"tensor {name} must be an object");
            string? dtype = null;
            List<long>? shape = null, offsets = null;
            var fields = new HashSet<string>(StringComparer.Ordinal);
            while (Next(ref json) is { } field)
            {
                if (!fields.Add(field))
                {
                    throw Bad($"tensor {name} has {field} twice");
                }

                json.Read();
                switch (field)
                {
                    case "dtype":
                        Expect(ref json, JsonTokenType.String, $"tensor {name}: dtype must be a string");
                        dtype = json.GetString();
                        break;
                    case "shape":
                        shape = ReadSizes(ref json, $"tensor {name}: shape");
                        break;
                    case "data_offsets":
                        offsets = ReadSizes(ref json, $"tensor {name}: data_offsets");
                        break;
                    default:
                        json.Skip();
                        break;
                }
            }

            return Checked(name, dtype, shape, offsets);
        }

        private List<long> ReadSizes(ref Utf8JsonReader json, string what)
        {
            Expect(ref json, JsonTokenType.StartArray, $"{what} must be an array");
            var sizes = new List<long>();
            while (json.Read() && json.TokenType != JsonTokenType.EndArray)
            {
                if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out var size) || size < 0)
                {
                    throw Bad($"{what} must hold whole numbers from 0 to 2^63-1");
                }

                sizes.Add(size);
            }

            return sizes;
        }

        private SafeTensorsEntry Checked(string name, string? dtype, List<long>? shape, List<long>? offsets)
        {
            if (dtype is null || shape is null || offsets is null)
            {
                throw Bad($"tensor {name} lacks {(dtype is null ? "dtype" : shape is null ? "shape" : "data_offsets")}");
            }

            var bits = SafeTensorsTypes.BitsOf(dtype);
            if (bits == 0)
            {
                throw Bad($"tensor {name} has the unknown dtype {dtype}");
            }

            if (offsets is not [var begin, var end] || begin > end)
            {
                throw Bad($"tensor {name}: data_offsets must be two numbers in order");
            }

            var total = (Int128)bits;
            foreach (var size in shape)
            {
                total *= size;
                if (total > long.MaxValue)
                {
                    throw Bad($"tensor {name}: the size of shape [{string.Join(", ", shape)}] overflows");
                }
            }

            return total == (Int128)(end - begin) * 8
                ? new(name, dtype, [.. shape], begin, end)
                : throw Bad($"tensor {name}: {dtype} [{string.Join(", ", shape)}] does not take the {end - begin} bytes of its data_offsets");
        }

        private void Expect(ref Utf8JsonReader json, JsonTokenType type, string message)
        {
            if (json.TokenType != type)
            {
                throw Bad(message);
            }
        }

        private SafeTensorsException Bad(string message) => new($"{source}: {message}.");
    }
}

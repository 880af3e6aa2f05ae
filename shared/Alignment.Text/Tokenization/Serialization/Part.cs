using System.Text.Json;

namespace Alignment.Text.Tokenization.Serialization;

/// <summary>One object of a <c>tokenizer.json</c> with its path, for errors that name the field.</summary>
internal readonly record struct Part(JsonElement Json, string Path)
{
    private const int MaxText = 1_000_000;

    public string Type => Text("type");

    public TokenizerException Unsupported() => new($"tokenizer.json: {Path} type {Type} is not supported.");

    public TokenizerException Error(string what) => new($"tokenizer.json: {Path}: {what}.");

    public bool Has(string name) => Json.ValueKind == JsonValueKind.Object && Json.TryGetProperty(name, out var v) && v.ValueKind != JsonValueKind.Null;

    public Part Child(string name)
    {
        if (Json.ValueKind != JsonValueKind.Object)
        {
            throw Error("an object is expected");
        }

        return Json.TryGetProperty(name, out var v) && v.ValueKind != JsonValueKind.Null ? new(v, $"{Path}.{name}") : throw Error($"{name} is missing");
    }

    public IEnumerable<Part> Items(string name)
    {
        var list = Child(name);
        if (list.Json.ValueKind != JsonValueKind.Array)
        {
            throw list.Error("a list is expected");
        }

        return list.Json.EnumerateArray().Select((item, i) => new Part(item, $"{list.Path}[{i}]"));
    }

    public string Text(string name) => Child(name).Text();

    public string Text() => Json.ValueKind == JsonValueKind.String && Json.GetString() is { Length: <= MaxText } s ? s : throw Error("a text is expected");

    public string Text(string name, string missing) => Has(name) ? Text(name) : missing;

    public bool Flag(string name, bool missing) => Has(name) ? Flag(name) : missing;

    public bool Flag(string name)
    {
        var v = Child(name);
        return v.Json.ValueKind is JsonValueKind.True or JsonValueKind.False ? v.Json.GetBoolean() : throw v.Error("true or false is expected");
    }

    public int Number(string name, int missing) => Has(name) ? Number(name) : missing;

    public int Number(string name) => Child(name).Number();

    public int Number() => Json.ValueKind == JsonValueKind.Number && Json.TryGetInt32(out var n) && n >= 0 ? n : throw Error("a whole number from 0 to 2147483647 is expected");

    /// <summary>A text of exactly one code point.</summary>
    public int Char(string name)
    {
        var v = Child(name);
        var points = CodePoints.Of(v.Text());
        return points.Length == 1 ? points[0] : throw v.Error("one character is expected");
    }

    public TEnum Choice<TEnum>(string name)
        where TEnum : struct, Enum
    {
        var v = Child(name);
        var text = v.Text().Replace("_", "", StringComparison.Ordinal);
        return Enum.GetNames<TEnum>().FirstOrDefault(n => n.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } known
            ? Enum.Parse<TEnum>(known) : throw v.Error($"{v.Text()} is not supported");
    }
}

using Alignment.Text.Tokenization.Normalizers;
using Alignment.Text.Tokenization.Patterns;

namespace Alignment.Text.Tokenization.Serialization;

/// <summary>Builds normalisers from their JSON.</summary>
internal static class NormalizerFactory
{
    public static INormalizer Build(Part part) => part.Type switch
    {
        "Sequence" => new SequenceNormalizer([.. part.Items("normalizers").Select(Build)]),
        "NFC" => new FunctionNormalizer(p => TextNormalizers.Unicode(p, compatibility: false, compose: true)),
        "NFD" => new FunctionNormalizer(p => TextNormalizers.Unicode(p, compatibility: false, compose: false)),
        "NFKC" => new FunctionNormalizer(p => TextNormalizers.Unicode(p, compatibility: true, compose: true)),
        "NFKD" => new FunctionNormalizer(p => TextNormalizers.Unicode(p, compatibility: true, compose: false)),
        "Lowercase" => new FunctionNormalizer(TextNormalizers.Lowercase),
        "StripAccents" => new FunctionNormalizer(p => p.Filter(c => !CharProperties.IsMark(c))),
        "Strip" => Strip(part.Flag("strip_left"), part.Flag("strip_right")),
        "Nmt" => new FunctionNormalizer(TextNormalizers.Nmt),
        "ByteLevel" => new FunctionNormalizer(p => ByteAlphabet.Spell(p, new AlignedText(p.Length * 2))),
        "Prepend" => Prepend(CodePoints.Of(part.Text("prepend"))),
        "Replace" => Replace(PatternOf(part), CodePoints.Of(part.Text("content"))),
        "Precompiled" => new PrecompiledNormalizer(part.Text("precompiled_charsmap")),
        "BertNormalizer" => new BertNormalizer(part.Flag("clean_text", true), part.Flag("handle_chinese_chars", true),
            part.Flag("strip_accents", part.Flag("lowercase", true)), part.Flag("lowercase", true)),
        _ => throw part.Unsupported(),
    };

    /// <summary>The <c>pattern</c> of a part: a literal text or a regular expression.</summary>
    public static Pattern PatternOf(Part part)
    {
        var pattern = part.Child("pattern");
        return pattern.Json.ValueKind == System.Text.Json.JsonValueKind.String ? Pattern.Literal(pattern.Text())
            : pattern.Has("String") ? Pattern.Literal(pattern.Text("String"))
            : pattern.Has("Regex") ? Pattern.Parse(pattern.Text("Regex"))
            : throw pattern.Error("String or Regex is expected");
    }

    private static FunctionNormalizer Strip(bool left, bool right) => new(p => TextNormalizers.Strip(p, left, right));

    private static FunctionNormalizer Prepend(int[] prefix) => new(p => p.Prepend(prefix));

    private static FunctionNormalizer Replace(Pattern pattern, int[] content) => new(p => TextNormalizers.Replace(p, pattern, content));
}

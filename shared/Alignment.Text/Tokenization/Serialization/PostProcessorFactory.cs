using System.Text.Json;
using Alignment.Text.Tokenization.PostProcessors;

namespace Alignment.Text.Tokenization.Serialization;

/// <summary>Builds post-processors from their JSON.</summary>
internal static class PostProcessorFactory
{
    public static IPostProcessor Build(Part part) => part.Type switch
    {
        "Sequence" => new SequencePostProcessor([.. part.Items("processors").Select(Build)]),
        "ByteLevel" => new ByteLevelPostProcessor(part.Flag("trim_offsets", true), part.Flag("add_prefix_space", true)),
        "TemplateProcessing" => new TemplatePostProcessor(Template(part, "single"), Template(part, "pair")),
        "BertProcessing" => Pair(part, roberta: false),
        "RobertaProcessing" => Pair(part, roberta: true),
        _ => throw part.Unsupported(),
    };

    private static PairPostProcessor Pair(Part part, bool roberta)
    {
        var (sep, sepId) = Token(part.Child("sep"));
        var (cls, clsId) = Token(part.Child("cls"));
        return new(cls, clsId, sep, sepId, roberta, part.Flag("trim_offsets", true), part.Flag("add_prefix_space", true));
    }

    private static (string Token, int Id) Token(Part pair)
    {
        if (pair.Json.ValueKind != JsonValueKind.Array || pair.Json.GetArrayLength() != 2)
        {
            throw pair.Error("a token and its id are expected");
        }

        return (new Part(pair.Json[0], pair.Path).Text(), new Part(pair.Json[1], pair.Path).Number());
    }

    private static List<TemplatePiece> Template(Part part, string name)
    {
        var tokens = part.Has("special_tokens") ? part.Child("special_tokens") : (Part?)null;
        return [.. part.Items(name).Select(item => Piece(item, tokens))];
    }

    private static TemplatePiece Piece(Part item, Part? tokens)
    {
        if (item.Has("Sequence"))
        {
            var sequence = item.Child("Sequence");
            return sequence.Text("id") switch
            {
                "A" => new(0, sequence.Number("type_id"), null, null),
                "B" => new(1, sequence.Number("type_id"), null, null),
                var id => throw sequence.Error($"sequence {id} is not supported"),
            };
        }

        var special = item.Child("SpecialToken");
        var name = special.Text("id");
        var token = tokens is { } all && all.Has(name) ? all.Child(name) : throw special.Error($"special token {name} is missing in special_tokens");
        int[] ids = [.. token.Items("ids").Select(i => i.Number())];
        string[] texts = [.. token.Items("tokens").Select(t => t.Text())];
        return ids.Length == texts.Length ? new(0, special.Number("type_id"), ids, texts) : throw token.Error("ids and tokens differ in number");
    }
}

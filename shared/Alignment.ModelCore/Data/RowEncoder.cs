using System.Text.Json.Nodes;
using Alignment.ModelCore.Data.Collators;
using Alignment.ModelCore.Generation;
using Alignment.Text.Tokenization;

namespace Alignment.ModelCore.Data;

/// <summary>
/// Turns rows into token ids with the model's own tokenizer and chat template.
/// <para>Conversations are rendered whole. What the model is to learn comes from the template's <c>{% generation %}</c> spans through token
/// offsets; a template without them is rendered up to each answer with and without it, and the difference is the answer.</para>
/// <para>A preference pair's prompt is encoded as generation will see it (rendered with the generation prompt); each answer is encoded
/// after it, so both share exactly the same prompt ids. What a template writes after the end-of-turn token is not part of an answer.</para>
/// <para>Without a template, bare text is used: prompt, response, eos.</para>
/// </summary>
public sealed class RowEncoder
{
    private readonly Tokenizer tokenizer;
    private readonly ChatText? chat;
    private readonly HashSet<int> endIds;
    private readonly TokenBytes bytes;
    private readonly int documentEnd;

    private RowEncoder(Tokenizer tokenizer, ChatText? chat, HashSet<int> endIds)
    {
        (this.tokenizer, this.chat, this.endIds, bytes) = (tokenizer, chat, endIds, new(tokenizer));
        PadId = tokenizer.PadId ?? tokenizer.EosId ?? 0;
        documentEnd = tokenizer.TokenToId(ChatMl.EndOfText) ?? tokenizer.EosId ?? PadId;
    }

    /// <summary>Id to pad with. Never learned and never looked at: any id would do.</summary>
    public int PadId { get; }

    /// <summary>Ids that end an answer: the tokenizer's and the model's.</summary>
    public IReadOnlySet<int> EndTokenIds => endIds;

    public bool HasTemplate => chat is not null;

    /// <summary>The tokenizer and chat template of a checkpoint folder.</summary>
    public static RowEncoder Load(string folder)
    {
        if (!File.Exists(Path.Combine(folder, "tokenizer.json")))
        {
            throw new InvalidDataException($"{folder}: no tokenizer.json. Name a checkpoint folder in Hugging Face layout (key: model).");
        }

        var tokenizer = Tokenizer.Load(folder);
        var ends = EndIds(folder);
        if (tokenizer.EosId is { } eos)
        {
            ends.Add(eos);
        }

        return new(tokenizer, ChatText.Find(tokenizer), ends);
    }

    /// <param name="learn"><c>assistant</c>: every answer; <c>last</c>: the last one; <c>all</c>: every token.</param>
    public IReadOnlyList<TokenRow> Encode(IReadOnlyList<SftRow> rows, string learn = "assistant") => [.. rows.AsParallel().AsOrdered().Select(r => Encode(r, learn))];

    public IReadOnlyList<TokenPair> Encode(IReadOnlyList<PreferenceRow> rows) => [.. rows.AsParallel().AsOrdered().Select(Encode)];

    public IReadOnlyList<LabelledCompletion> Encode(IReadOnlyList<LabelledRow> rows) => [.. rows.AsParallel().AsOrdered().Select(Encode)];

    /// <summary>A document for pretraining: its ids and the token that ends it, <c>&lt;|endoftext|&gt;</c> or else eos.</summary>
    public int[] Encode(Document document) => document.Conversation is { } c
        ? [.. Encode(c, "all").Ids, documentEnd]
        : [.. tokenizer.EncodeIds(document.Text!, addSpecialTokens: false), documentEnd];

    /// <summary>One row; every token of an answer, its end-of-turn token included, is learned.</summary>
    public TokenRow Encode(SftRow row, string learn)
    {
        if (chat is null)
        {
            return Bare(row, learn);
        }

        var (text, answers) = chat.Render(row.Messages, row.Tools);
        var encoded = tokenizer.Encode(text, addSpecialTokens: false);
        var flags = new bool[encoded.Length];
        var spans = learn == "last" ? answers.TakeLast(1).ToList() : answers;
        for (var t = 0; t < flags.Length; t++)
        {
            var (start, end) = encoded.Offsets[t];
            flags[t] = learn == "all" || spans.Any(s => end > s.Start && start < s.End);
        }

        return new(encoded.Ids, flags, row.Weight);
    }

    public TokenPair Encode(PreferenceRow row)
    {
        if (chat is null)
        {
            var bare = tokenizer.EncodeIds(Plain(row.Prompt, row.Plain), addSpecialTokens: true);
            return new(bare, BareAnswer(Plain(row.Chosen, row.Plain)), BareAnswer(Plain(row.Rejected, row.Plain)), row.Margin) { VoteShare = row.VoteShare, TieShare = row.TieShare };
        }

        var prompt = chat.Prompt(row.Prompt);
        return new(tokenizer.EncodeIds(prompt, addSpecialTokens: false), Answer(prompt, row.Prompt, row.Chosen), Answer(prompt, row.Prompt, row.Rejected), row.Margin)
        {
            VoteShare = row.VoteShare, TieShare = row.TieShare,
        };
    }

    /// <summary>The same as a pair's chosen side.</summary>
    public LabelledCompletion Encode(LabelledRow row)
    {
        var pair = Encode(new PreferenceRow(row.Prompt, row.Completion, row.Completion, row.Plain));
        return new(pair.Prompt, pair.Chosen, row.Label);
    }

    public IReadOnlyList<TokenRanking> Encode(IReadOnlyList<RankedRow> rows) => [.. rows.AsParallel().AsOrdered().Select(row =>
    {
        var pairs = row.Answers.Select(a => Encode(new PreferenceRow(row.Prompt, a, a, row.Plain))).ToList();
        return new TokenRanking(new(pairs[0].Prompt, [.. pairs.Select(p => p.Chosen)]), row.Ranks);
    })];

    /// <summary>Prompt and steps as bare text, each step followed by the separator that carries its label (TRL's PRM trainer).</summary>
    public IReadOnlyList<StepwiseTokens> Encode(IReadOnlyList<StepwiseRow> rows, StepwiseRows format) => [.. rows.AsParallel().AsOrdered().Select(r =>
    {
        var row = format.Tokenize(tokenizer, r.Prompt, r.Steps, r.Labels);
        return new StepwiseTokens([.. row.InputIds], [.. row.Labels!.Select(l => (long)l)]);
    })];

    /// <summary>The ids that generation continues: the conversation and the opening of an assistant turn, exactly as a pair's prompt.</summary>
    public int[] EncodePrompt(JsonArray messages) => chat is null
        ? tokenizer.EncodeIds(string.Join('\n', messages.Select(m => m!["content"]!.GetValue<string>())), addSpecialTokens: true)
        : tokenizer.EncodeIds(chat.Prompt(messages), addSpecialTokens: false);

    /// <summary>The ids that generation continues.</summary>
    public int[] EncodePrompt(PromptRow row) => chat is null ? tokenizer.EncodeIds(Plain(row.Messages, row.Plain), addSpecialTokens: true) : EncodePrompt(row.Messages);

    /// <summary>The text of ids, special tokens left out.</summary>
    public string Decode(ReadOnlySpan<int> ids) => tokenizer.Decode(ids);

    /// <summary>The bytes that one token adds to a text: what stop strings are looked for in.</summary>
    public ReadOnlyMemory<byte> BytesOf(int id) => bytes.Of(id);

    private int[] Answer(string prompt, JsonArray before, JsonArray turns)
    {
        var messages = new JsonArray([.. before.Concat(turns).Select(m => m!.DeepClone())]);
        var whole = chat!.Render(messages, null).Text;
        if (!whole.StartsWith(prompt, StringComparison.Ordinal))
        {
            throw new InvalidDataException("The chat template writes the prompt differently once the answer follows, so the answer cannot be cut out. Use a template whose generation prompt is a prefix of the answer's turn.");
        }

        var ids = tokenizer.EncodeIds(whole[prompt.Length..], addSpecialTokens: false);
        var last = Array.FindLastIndex(ids, endIds.Contains);
        return last >= 0 ? ids[..(last + 1)] : WithEnd(ids);
    }

    private TokenRow Bare(SftRow row, string learn)
    {
        if (!row.Plain)
        {
            throw new InvalidDataException("The data hold conversations, and the model has no chat template. Add chat_template.jinja to the checkpoint, or give prompt and response as bare text.");
        }

        var prompt = tokenizer.EncodeIds(Plain(row.Messages, true, 0), addSpecialTokens: true);
        var answer = BareAnswer(Plain(row.Messages, true, 1));
        return new([.. prompt, .. answer], [.. Enumerable.Repeat(learn == "all", prompt.Length), .. Enumerable.Repeat(true, answer.Length)], row.Weight);
    }

    private int[] BareAnswer(string text) => WithEnd(tokenizer.EncodeIds(text, addSpecialTokens: false));

    private int[] WithEnd(int[] ids) => tokenizer.EosId is { } eos && (ids.Length == 0 || !endIds.Contains(ids[^1])) ? [.. ids, eos] : ids;

    private static string Plain(JsonArray messages, bool plain, int index = 0) => plain ? messages[index]!["content"]!.GetValue<string>()
        : throw new InvalidDataException("The data hold conversations, and the model has no chat template. Add chat_template.jinja to the checkpoint, or give bare text.");

    // generation_config.json and config.json may name further ends of turn (a number or a list).
    private static HashSet<int> EndIds(string folder)
    {
        var ids = new HashSet<int>();
        foreach (var file in new[] { "config.json", "generation_config.json" }.Select(f => Path.Combine(folder, f)).Where(File.Exists))
        {
            var node = JsonNode.Parse(File.ReadAllBytes(file))?["eos_token_id"];
            ids.UnionWith(node is JsonArray list ? list.Select(x => x!.GetValue<int>()) : node is null ? [] : [node.GetValue<int>()]);
        }

        return ids;
    }
}

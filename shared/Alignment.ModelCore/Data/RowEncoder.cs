using System.Text.Json.Nodes;
using Alignment.ModelCore.Adapters;
using Alignment.ModelCore.Data.Collators;
using Alignment.ModelCore.Generation;
using Alignment.Text.Templates;
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
    private readonly int? vocabulary;

    private RowEncoder(Tokenizer tokenizer, ChatText? chat, ModelTokens model)
    {
        (this.tokenizer, this.chat, endIds, vocabulary, bytes) = (tokenizer, chat, model.Ends, model.Vocabulary, new(tokenizer));
        // A tokenizer that got a padding token later may have one that the model does not know.
        PadId = new[] { tokenizer.PadId, tokenizer.EosId }.FirstOrDefault(id => id < (vocabulary ?? int.MaxValue)) ?? 0;
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
        folder = AdapterOpening.FilesOf(folder);
        if (!File.Exists(Path.Combine(folder, "tokenizer.json")))
        {
            throw new InvalidDataException($"{folder}: no tokenizer.json. Name a checkpoint folder in Hugging Face layout.");
        }

        var tokenizer = Tokenizer.Load(folder);
        var model = ModelTokens.Read(folder);
        if (tokenizer.EosId is { } eos)
        {
            model.Ends.Add(eos);
        }

        return new(tokenizer, Template(folder, tokenizer), model);
    }

    private static ChatText? Template(string folder, Tokenizer tokenizer)
    {
        try
        {
            return ChatText.Find(tokenizer);
        }
        catch (TemplateException e)
        {
            throw new InvalidDataException($"{folder}: the chat template does not parse (line {e.Line}, column {e.Column}): {e.Message}. Mend chat_template.jinja.", e);
        }
    }

    /// <param name="learn"><c>assistant</c>: every answer; <c>last</c>: the last one; <c>all</c>: every token.</param>
    public IReadOnlyList<TokenRow> Encode(IReadOnlyList<SftRow> rows, string learn = "assistant") => Each(rows, r => Encode(r, learn));

    public IReadOnlyList<TokenPair> Encode(IReadOnlyList<PreferenceRow> rows) => Each(rows, Encode);

    public IReadOnlyList<LabelledCompletion> Encode(IReadOnlyList<LabelledRow> rows) => Each(rows, Encode);

    /// <summary>A document for pretraining: its ids and the token that ends it, <c>&lt;|endoftext|&gt;</c> or else eos.</summary>
    public int[] Encode(Document document) => document.Conversation is { } c
        ? [.. Encode(c, "all").Ids, documentEnd]
        : [.. Ids(document.Text!, addSpecialTokens: false), documentEnd];

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

        return new(Known(encoded.Ids), flags, row.Weight);
    }

    public TokenPair Encode(PreferenceRow row)
    {
        if (chat is null)
        {
            var bare = Ids(Plain(row.Prompt, row.Plain), addSpecialTokens: true);
            return new(bare, BareAnswer(Plain(row.Chosen, row.Plain)), BareAnswer(Plain(row.Rejected, row.Plain)), row.Margin) { VoteShare = row.VoteShare, TieShare = row.TieShare };
        }

        var prompt = chat.Prompt(row.Prompt);
        return new(Ids(prompt, addSpecialTokens: false), Answer(prompt, row.Prompt, row.Chosen), Answer(prompt, row.Prompt, row.Rejected), row.Margin)
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

    public IReadOnlyList<TokenRanking> Encode(IReadOnlyList<RankedRow> rows) => Each(rows, row =>
    {
        var pairs = row.Answers.Select(a => Encode(new PreferenceRow(row.Prompt, a, a, row.Plain))).ToList();
        return new TokenRanking(new(pairs[0].Prompt, [.. pairs.Select(p => p.Chosen)]), row.Ranks);
    });

    /// <summary>Prompt and steps as bare text, each step followed by the separator that carries its label (TRL's PRM trainer).</summary>
    public IReadOnlyList<StepwiseTokens> Encode(IReadOnlyList<StepwiseRow> rows, StepwiseRows format) => Each(rows, r =>
    {
        var row = format.Tokenize(tokenizer, r.Prompt, r.Steps, r.Labels);
        return new StepwiseTokens(Known([.. row.InputIds]), [.. row.Labels!.Select(l => (long)l)]);
    });

    /// <summary>The ids that generation continues: the conversation and the opening of an assistant turn, exactly as a pair's prompt.</summary>
    public int[] EncodePrompt(JsonArray messages) => chat is null
        ? Ids(string.Join('\n', messages.Select(m => m!["content"]!.GetValue<string>())), addSpecialTokens: true)
        : Ids(chat.Prompt(messages), addSpecialTokens: false);

    /// <summary>The ids that generation continues.</summary>
    public int[] EncodePrompt(PromptRow row) => chat is null ? Ids(Plain(row.Messages, row.Plain), addSpecialTokens: true) : EncodePrompt(row.Messages);

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

        var ids = Ids(whole[prompt.Length..], addSpecialTokens: false);
        var last = Array.FindLastIndex(ids, endIds.Contains);
        return last >= 0 ? ids[..(last + 1)] : WithEnd(ids);
    }

    private TokenRow Bare(SftRow row, string learn)
    {
        if (!row.Plain)
        {
            throw new InvalidDataException("The data hold conversations, and the model has no chat template. Add chat_template.jinja to the checkpoint, or give prompt and response as bare text.");
        }

        var prompt = Ids(Plain(row.Messages, true, 0), addSpecialTokens: true);
        var answer = BareAnswer(Plain(row.Messages, true, 1));
        return new([.. prompt, .. answer], [.. Enumerable.Repeat(learn == "all", prompt.Length), .. Enumerable.Repeat(true, answer.Length)], row.Weight);
    }

    private int[] BareAnswer(string text) => WithEnd(Ids(text, addSpecialTokens: false));

    private int[] WithEnd(int[] ids) => tokenizer.EosId is { } eos && (ids.Length == 0 || !endIds.Contains(ids[^1])) ? [.. ids, eos] : ids;

    private static string Plain(JsonArray messages, bool plain, int index = 0) => plain ? messages[index]!["content"]!.GetValue<string>()
        : throw new InvalidDataException("The data hold conversations, and the model has no chat template. Add chat_template.jinja to the checkpoint, or give bare text.");

    private int[] Ids(string text, bool addSpecialTokens) => Known(tokenizer.EncodeIds(text, addSpecialTokens));

    private int[] Known(int[] ids)
    {
        var beyond = Array.FindIndex(ids, id => id >= (vocabulary ?? int.MaxValue));
        return beyond < 0 ? ids : throw new InvalidDataException(
            $"token '{tokenizer.IdToToken(ids[beyond])}' has the id {ids[beyond]}, and the model's vocabulary ends at {vocabulary}: the folder's tokenizer.json belongs to another model.");
    }

    // On all cores; the first row that fails is named.
    private static IReadOnlyList<TResult> Each<TRow, TResult>(IReadOnlyList<TRow> rows, Func<TRow, TResult> encode)
    {
        var done = new TResult[rows.Count];
        (int Row, Exception Fault)? first = null;
        Parallel.For(0, rows.Count, (i, loop) =>
        {
            try
            {
                done[i] = encode(rows[i]);
            }
            catch (Exception e) when (e is TemplateException or InvalidDataException or TokenizerException)
            {
                lock (done)
                {
                    first = first is { } other && other.Row < i ? other : (i, e);
                }

                loop.Break();
            }
        });
        return first is not { } bad ? done : throw Refused((rows[bad.Row] as DataRow)?.Origin ?? new("data", bad.Row + 1), bad.Fault);
    }

    private static DataException Refused(RowOrigin at, Exception fault) => new([fault is TemplateException && fault.Message.Contains("can only concatenate", StringComparison.Ordinal) && fault.Message.Contains("list", StringComparison.Ordinal)
        ? new(at.File, at.Line, "content", "is a list of parts, and this model's chat template takes text only.", "Write the text itself as content.") : fault is TemplateException
        ? new(at.File, at.Line, null, $"the chat template refuses the row: {fault.Message}", "Mend the row, or the template.") : new(at.File, at.Line, null, fault.Message, "")]);
}

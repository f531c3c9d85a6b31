<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="it" sourcelanguage="en">
<context>
    <name></name>
    <message>
        <source>{seconds} s</source>
        <translation>{seconds} s</translation>
    </message>
    <message>
        <source>{minutes} min {seconds} s</source>
        <translation>{minutes} min {seconds} s</translation>
    </message>
    <message>
        <source>{hours} h {minutes} min</source>
        <translation>{hours} h {minutes} min</translation>
    </message>
    <message numerus="yes">
        <source>%Ln token(s)</source>
        <translation>
            <numerusform>%Ln token</numerusform>
            <numerusform>%Ln token</numerusform>
        </translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>Prompt di sistema</translation>
    </message>
    <message>
        <source>What every new chat begins with.</source>
        <translation>Ciò con cui inizia ogni nuova chat.</translation>
    </message>
    <message>
        <source>What this chat begins with.</source>
        <translation>Ciò con cui inizia questa chat.</translation>
    </message>
    <message>
        <source>For example: Answer in short sentences.</source>
        <translation>Per esempio: Rispondi con frasi brevi.</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>Temperatura</translation>
    </message>
    <message>
        <source>Low is steady, high is varied; 0 always takes the likeliest word.</source>
        <translation>Bassa è costante, alta è varia; 0 prende sempre la parola più probabile.</translation>
    </message>
    <message>
        <source>Top-p</source>
        <translation>Top-p</translation>
    </message>
    <message>
        <source>Only the likeliest words that reach this share together; 1 is off.</source>
        <translation>Solo le parole più probabili che insieme raggiungono questa quota; con 1 non ha effetto.</translation>
    </message>
    <message>
        <source>Top-k</source>
        <translation>Top-k</translation>
    </message>
    <message>
        <source>Only so many of the likeliest words.</source>
        <translation>Solo questo numero di parole tra le più probabili.</translation>
    </message>
    <message>
        <source>off</source>
        <translation>disattivato</translation>
    </message>
    <message>
        <source>Min-p</source>
        <translation>Min-p</translation>
    </message>
    <message>
        <source>No word less likely than this share of the likeliest.</source>
        <translation>Nessuna parola meno probabile di questa quota della più probabile.</translation>
    </message>
    <message>
        <source>Repetition penalty</source>
        <translation>Penalità di ripetizione</translation>
    </message>
    <message>
        <source>Above 1, words that were used lately become less likely; 1 is off.</source>
        <translation>Sopra 1, le parole usate da poco diventano meno probabili; con 1 non ha effetto.</translation>
    </message>
    <message>
        <source>Longest answer</source>
        <translation>Lunghezza massima della risposta</translation>
    </message>
    <message>
        <source>In tokens.</source>
        <translation>In token.</translation>
    </message>
    <message>
        <source>no limit</source>
        <translation>nessun limite</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Seme</translation>
    </message>
    <message>
        <source>The same seed gives the same answer again.</source>
        <translation>Lo stesso seme dà di nuovo la stessa risposta.</translation>
    </message>
    <message>
        <source>random</source>
        <translation>casuale</translation>
    </message>
    <message>
        <source>Titles by the model</source>
        <translation>Titoli dal modello</translation>
    </message>
    <message>
        <source>After the first answer, while nothing else is to do. Automatic leaves them to models of a billion parameters or more.</source>
        <translation>Dopo la prima risposta, quando non c&apos;è altro da fare. Automatico li lascia ai modelli da almeno un miliardo di parametri.</translation>
    </message>
    <message>
        <source>always</source>
        <translation>sempre</translation>
    </message>
    <message>
        <source>never</source>
        <translation>mai</translation>
    </message>
    <message>
        <source>automatic: {count} MiB</source>
        <translation>automatico: {count} MiB</translation>
    </message>
    <message>
        <source>Keep states on disk</source>
        <translation>Conserva gli stati su disco</translation>
    </message>
    <message>
        <source>So that no chat has to be read again, also after a restart.</source>
        <translation>Così nessuna chat va riletta, nemmeno dopo un riavvio.</translation>
    </message>
    <message>
        <source>States in memory</source>
        <translation>Stati in memoria</translation>
    </message>
    <message>
        <source>At most so much.</source>
        <translation>Al massimo questa quantità.</translation>
    </message>
    <message>
        <source> MiB</source>
        <translation> MiB</translation>
    </message>
    <message>
        <source>States on disk</source>
        <translation>Stati su disco</translation>
    </message>
    <message>
        <source>At most so much; 5 GiB of the disk always stay free.</source>
        <translation>Al massimo questa quantità; 5 GiB del disco restano sempre liberi.</translation>
    </message>
    <message>
        <source>Keep prepared weights on disk</source>
        <translation>Conserva i pesi preparati su disco</translation>
    </message>
    <message>
        <source>A model then loads faster the next time, and takes its size once more.</source>
        <translation>Il modello si carica più in fretta la volta dopo, e occupa un&apos;altra volta la sua dimensione.</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>Thread</translation>
    </message>
    <message>
        <source>That compute at once. Automatic is one for each core.</source>
        <translation>Che calcolano insieme. Automatico: uno per ogni core.</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>automatico</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Dispositivo</translation>
    </message>
    <message>
        <source>What computes the model.</source>
        <translation>Ciò che calcola il modello.</translation>
    </message>
    <message>
        <source>Processor</source>
        <translation>Processore</translation>
    </message>
    <message>
        <source>Graphics card</source>
        <translation>Scheda grafica</translation>
    </message>
    <message>
        <source>Longest context</source>
        <translation>Contesto massimo</translation>
    </message>
    <message>
        <source>In tokens. A shorter one needs less memory.</source>
        <translation>In token. Uno più corto occupa meno memoria.</translation>
    </message>
    <message>
        <source>as the model has</source>
        <translation>quello del modello</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>Come il sistema</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Chiaro</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Scuro</translation>
    </message>
    <message>
        <source>High contrast</source>
        <translation>Contrasto elevato</translation>
    </message>
    <message>
        <source>{percent} %</source>
        <translation>{percent}%</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Lingua</translation>
    </message>
    <message>
        <source>Of the window. The model answers in the language of the question.</source>
        <translation>Della finestra. Il modello risponde nella lingua della domanda.</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>Colori</translation>
    </message>
    <message>
        <source>Of the whole window.</source>
        <translation>Di tutta la finestra.</translation>
    </message>
    <message>
        <source>Text size</source>
        <translation>Dimensione del testo</translation>
    </message>
    <message>
        <source>Ctrl and + or - change it too. An answer is finished first.</source>
        <translation>La cambiano anche Ctrl e + o -. Prima finisce la risposta in corso.</translation>
    </message>
    <message>
        <source>Temporary</source>
        <translation>Temporanea</translation>
    </message>
    <message>
        <source>Pinned</source>
        <translation>Fissate</translation>
    </message>
    <message>
        <source>Folders</source>
        <translation>Cartelle</translation>
    </message>
    <message>
        <source>folded</source>
        <translation>chiusa</translation>
    </message>
    <message>
        <source>unfolded</source>
        <translation>aperta</translation>
    </message>
    <message numerus="yes">
        <source>Folder {name}, %Ln chats, {state}</source>
        <translation>
            <numerusform>Cartella {name}, %Ln chat, {state}</numerusform>
            <numerusform>Cartella {name}, %Ln chat, {state}</numerusform>
        </translation>
    </message>
    <message>
        <source>temporary</source>
        <translation>temporanea</translation>
    </message>
    <message>
        <source>pinned</source>
        <translation>fissata</translation>
    </message>
    <message>
        <source>in the folder {name}</source>
        <translation>nella cartella {name}</translation>
    </message>
    <message>
        <source>Today</source>
        <translation>Oggi</translation>
    </message>
    <message>
        <source>Yesterday</source>
        <translation>Ieri</translation>
    </message>
    <message>
        <source>Last 7 days</source>
        <translation>Ultimi 7 giorni</translation>
    </message>
    <message>
        <source>Last 30 days</source>
        <translation>Ultimi 30 giorni</translation>
    </message>
    <message>
        <source>Earlier</source>
        <translation>Prima</translation>
    </message>
    <message>
        <source>New temporary chat</source>
        <translation>Nuova chat temporanea</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>Nuova chat</translation>
    </message>
    <message numerus="yes">
        <source>%Ln pages</source>
        <translation>
            <numerusform>%Ln pagina</numerusform>
            <numerusform>%Ln pagine</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>AnswerMessage</name>
    <message>
        <source>Answer</source>
        <translation>Risposta</translation>
    </message>
    <message>
        <source>Copy answer</source>
        <translation>Copia la risposta</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>Modifica</translation>
    </message>
    <message>
        <source>Edit the answer</source>
        <translation>Modifica la risposta</translation>
    </message>
    <message>
        <source>Write another version of this answer; this one is kept</source>
        <translation>Scrivi un&apos;altra versione di questa risposta; questa resta</translation>
    </message>
    <message>
        <source>Regenerate</source>
        <translation>Rigenera</translation>
    </message>
    <message>
        <source>Regenerate the answer</source>
        <translation>Rigenera la risposta</translation>
    </message>
    <message>
        <source>Answer once more; this version is kept</source>
        <translation>Risponde di nuovo; questa versione resta</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Continua</translation>
    </message>
    <message>
        <source>Continue the answer</source>
        <translation>Continua la risposta</translation>
    </message>
    <message>
        <source>Go on with this answer where it ended</source>
        <translation>Riprende questa risposta da dove si è fermata</translation>
    </message>
    <message>
        <source>Branch</source>
        <translation>Dirama</translation>
    </message>
    <message>
        <source>Branch into a new chat after the answer</source>
        <translation>Dirama in una nuova chat dopo la risposta</translation>
    </message>
    <message>
        <source>Go on from here in a new chat</source>
        <translation>Continua da qui in una nuova chat</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Elimina</translation>
    </message>
    <message>
        <source>Delete the answer</source>
        <translation>Elimina la risposta</translation>
    </message>
    <message>
        <source>Delete this answer and what follows it</source>
        <translation>Elimina questa risposta e ciò che la segue</translation>
    </message>
    <message>
        <source>The answer, to be kept in another version</source>
        <translation>La risposta, da salvare in un&apos;altra versione</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Salva</translation>
    </message>
    <message>
        <source>This answer was interrupted.</source>
        <translation>Questa risposta è stata interrotta.</translation>
    </message>
    <message>
        <source>This answer failed.</source>
        <translation>Questa risposta non è riuscita.</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>Fermata</translation>
    </message>
    <message>
        <source>Ended at its length limit</source>
        <translation>Finita al limite di lunghezza</translation>
    </message>
    <message>
        <source>{speed} tok/s</source>
        <translation>{speed} tok/s</translation>
    </message>
    <message>
        <source>first word {seconds} s</source>
        <translation>prima parola {seconds} s</translation>
    </message>
</context>
<context>
    <name>Asking</name>
    <message>
        <source>Another answer is being written. Stop it first.</source>
        <translation>È in corso un&apos;altra risposta. Prima fermala.</translation>
    </message>
    <message>
        <source>A document is still being read. Send the message when it is there.</source>
        <translation>Un documento è ancora in lettura. Invia il messaggio quando è pronto.</translation>
    </message>
</context>
<context>
    <name>Attachments</name>
    <message>
        <source>Attach documents</source>
        <translation>Allega documenti</translation>
    </message>
    <message>
        <source>Attach at most {count} files at a time.</source>
        <translation>Allega al massimo {count} file alla volta.</translation>
    </message>
</context>
<context>
    <name>ChatCommands</name>
    <message>
        <source>New chat</source>
        <translation>Nuova chat</translation>
    </message>
    <message>
        <source>New temporary chat</source>
        <translation>Nuova chat temporanea</translation>
    </message>
    <message>
        <source>Rename this chat</source>
        <translation>Rinomina questa chat</translation>
    </message>
    <message>
        <source>Pin or unpin this chat</source>
        <translation>Fissa o sblocca questa chat</translation>
    </message>
    <message>
        <source>Keep this temporary chat</source>
        <translation>Conserva questa chat temporanea</translation>
    </message>
    <message>
        <source>Delete this chat</source>
        <translation>Elimina questa chat</translation>
    </message>
    <message>
        <source>This chat is temporary. Keep it first.</source>
        <translation>Questa chat è temporanea. Prima conservala.</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Annulla</translation>
    </message>
    <message numerus="yes">
        <source>%n chats were deleted.</source>
        <translation>
            <numerusform>%n chat è stata eliminata.</numerusform>
            <numerusform>%n chat sono state eliminate.</numerusform>
        </translation>
    </message>
    <message>
        <source>“{title}” was deleted.</source>
        <translation>«{title}» è stata eliminata.</translation>
    </message>
    <message>
        <source>An answer is being written here. Stop it first.</source>
        <translation>Qui è in corso una risposta. Prima fermala.</translation>
    </message>
</context>
<context>
    <name>ChatDelegate</name>
    <message>
        <source>Title of the chat</source>
        <translation>Titolo della chat</translation>
    </message>
    <message>
        <source>Name of the folder</source>
        <translation>Nome della cartella</translation>
    </message>
</context>
<context>
    <name>ChatDialog</name>
    <message>
        <source>This chat</source>
        <translation>Questa chat</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modello</translation>
    </message>
    <message>
        <source>It is loaded when this chat goes on, if it isn&apos;t the one in use.</source>
        <translation>Si carica quando questa chat continua, se non è quello in uso.</translation>
    </message>
    <message>
        <source>As in the settings</source>
        <translation>Come nelle impostazioni</translation>
    </message>
    <message>
        <source>What isn&apos;t changed here follows the settings.</source>
        <translation>Ciò che qui non cambi segue le impostazioni.</translation>
    </message>
    <message>
        <source>In the settings: empty</source>
        <translation>Nelle impostazioni: vuoto</translation>
    </message>
    <message>
        <source>In the settings: {value}</source>
        <translation>Nelle impostazioni: {value}</translation>
    </message>
</context>
<context>
    <name>ChatList</name>
    <message>
        <source>Chats</source>
        <translation>Chat</translation>
    </message>
    <message numerus="yes">
        <source>%n chats</source>
        <translation>
            <numerusform>%n chat</numerusform>
            <numerusform>%n chat</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ChatMenus</name>
    <message numerus="yes">
        <source>Export %n chats</source>
        <translation>
            <numerusform>Esporta %n chat</numerusform>
            <numerusform>Esporta %n chat</numerusform>
        </translation>
    </message>
    <message>
        <source>Keep temporary chats</source>
        <translation>Conserva le chat temporanee</translation>
    </message>
    <message numerus="yes">
        <source>Delete %n chats</source>
        <translation>
            <numerusform>Elimina %n chat</numerusform>
            <numerusform>Elimina %n chat</numerusform>
        </translation>
    </message>
    <message>
        <source>Unpin this chat</source>
        <translation>Sblocca questa chat</translation>
    </message>
    <message>
        <source>Pin this chat</source>
        <translation>Fissa questa chat</translation>
    </message>
    <message numerus="yes">
        <source>Unpin %n chats</source>
        <translation>
            <numerusform>Sblocca %n chat</numerusform>
            <numerusform>Sblocca %n chat</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Pin %n chats</source>
        <translation>
            <numerusform>Fissa %n chat</numerusform>
            <numerusform>Fissa %n chat</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Move %n chats</source>
        <translation>
            <numerusform>Sposta %n chat</numerusform>
            <numerusform>Sposta %n chat</numerusform>
        </translation>
    </message>
    <message>
        <source>Rename this folder</source>
        <translation>Rinomina questa cartella</translation>
    </message>
    <message>
        <source>Move up</source>
        <translation>Sposta in su</translation>
    </message>
    <message>
        <source>Move down</source>
        <translation>Sposta in giù</translation>
    </message>
    <message>
        <source>Delete this folder</source>
        <translation>Elimina questa cartella</translation>
    </message>
</context>
<context>
    <name>CodeCard</name>
    <message>
        <source>Copy code</source>
        <translation>Copia il codice</translation>
    </message>
    <message>
        <source>Wrap</source>
        <translation>A capo</translation>
    </message>
    <message>
        <source>Wrap long lines</source>
        <translation>Manda a capo le righe lunghe</translation>
    </message>
    <message>
        <source>text</source>
        <translation>testo</translation>
    </message>
    <message>
        <source>Code, {}</source>
        <translation>Codice, {}</translation>
    </message>
    <message>
        <source>Don&apos;t wrap</source>
        <translation>Righe intere</translation>
    </message>
</context>
<context>
    <name>Composer</name>
    <message>
        <source>Ask a question…</source>
        <translation>Fai una domanda…</translation>
    </message>
    <message>
        <source>Message</source>
        <translation>Messaggio</translation>
    </message>
    <message>
        <source>It is sent after what you write. Click to remove it.</source>
        <translation>Viene inviato dopo ciò che scrivi. Fai clic per toglierlo.</translation>
    </message>
    <message>
        <source>Attach</source>
        <translation>Allega</translation>
    </message>
    <message>
        <source>Attach text files, source code or PDF documents</source>
        <translation>Allega file di testo, codice sorgente o documenti PDF</translation>
    </message>
    <message>
        <source>Attach documents</source>
        <translation>Allega documenti</translation>
    </message>
    <message numerus="yes">
        <source>Pasted text · %Ln character(s)  ×</source>
        <translation>
            <numerusform>Testo incollato · %Ln carattere  ×</numerusform>
            <numerusform>Testo incollato · %Ln caratteri  ×</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Remove the pasted text of %Ln character(s)</source>
        <translation>
            <numerusform>Togli il testo incollato di %Ln carattere</numerusform>
            <numerusform>Togli il testo incollato di %Ln caratteri</numerusform>
        </translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Ferma</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>Invia</translation>
    </message>
</context>
<context>
    <name>Composing</name>
    <message>
        <source>Prompts</source>
        <translation>Prompt</translation>
    </message>
    <message>
        <source>Use a saved prompt; / does it too</source>
        <translation>Usa un prompt salvato; lo fa anche /</translation>
    </message>
    <message>
        <source>Use a saved prompt</source>
        <translation>Usa un prompt salvato</translation>
    </message>
    <message>
        <source>This chat</source>
        <translation>Questa chat</translation>
    </message>
    <message>
        <source>Set up this chat</source>
        <translation>Imposta questa chat</translation>
    </message>
    <message>
        <source>Edit the saved prompts</source>
        <translation>Modifica i prompt salvati</translation>
    </message>
    <message>
        <source>Save the message as a prompt</source>
        <translation>Salva il messaggio come prompt</translation>
    </message>
    <message>
        <source>Edit the last question</source>
        <translation>Modifica l&apos;ultima domanda</translation>
    </message>
    <message>
        <source>Branch with a summary</source>
        <translation>Dirama con un riassunto</translation>
    </message>
    <message>
        <source>With this system prompt the next question reads {tokens}.</source>
        <translation>Con questo prompt di sistema la prossima domanda fa leggere {tokens}.</translation>
    </message>
    <message>
        <source>With this system prompt the next question reads {tokens}, about {time}.</source>
        <translation>Con questo prompt di sistema la prossima domanda fa leggere {tokens}, circa {time}.</translation>
    </message>
    <message>
        <source>System prompt, model and sampling of this chat</source>
        <translation>Prompt di sistema, modello e campionamento di questa chat</translation>
    </message>
    <message>
        <source>This chat has a system prompt, model or sampling of its own</source>
        <translation>Questa chat ha un prompt di sistema, un modello o un campionamento propri</translation>
    </message>
</context>
<context>
    <name>ContextMeter</name>
    <message>
        <source>How full the context is</source>
        <translation>Quanto è pieno il contesto</translation>
    </message>
</context>
<context>
    <name>Conversation</name>
    <message>
        <source>Use the one in the settings</source>
        <translation>Usa quello delle impostazioni</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Riprova</translation>
    </message>
    <message>
        <source>The answer in “{title}” failed.</source>
        <translation>La risposta in «{title}» non è riuscita.</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Mostra</translation>
    </message>
</context>
<context>
    <name>CopyButton</name>
    <message>
        <source>Copy</source>
        <translation>Copia</translation>
    </message>
    <message>
        <source>Copied</source>
        <translation>Copiato</translation>
    </message>
</context>
<context>
    <name>DocumentChip</name>
    <message>
        <source>Remove {name}</source>
        <translation>Togli {name}</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Togli</translation>
    </message>
    <message>
        <source>New chat about this document</source>
        <translation>Nuova chat su questo documento</translation>
    </message>
    <message>
        <source>Remove from this chat</source>
        <translation>Togli da questa chat</translation>
    </message>
</context>
<context>
    <name>DocumentStrip</name>
    <message>
        <source>Documents of this chat</source>
        <translation>Documenti di questa chat</translation>
    </message>
    <message>
        <source>Ready: nothing of this has to be read again.</source>
        <translation>Pronto: nulla di questo va riletto.</translation>
    </message>
    <message>
        <source>Before the answer {tokens} are read.</source>
        <translation>Prima della risposta si leggono {tokens}.</translation>
    </message>
    <message>
        <source>Before the answer {tokens} are read, in about {time}.</source>
        <translation>Prima della risposta si leggono {tokens}, in circa {time}.</translation>
    </message>
    <message>
        <source>page {done} of {total}</source>
        <translation>pagina {done} di {total}</translation>
    </message>
    <message>
        <source>is being read</source>
        <translation>in lettura</translation>
    </message>
</context>
<context>
    <name>DraftCount</name>
    <message>
        <source>Too long for the context</source>
        <translation>Troppo lungo per il contesto</translation>
    </message>
    <message>
        <source>The message alone is more than the model holds.</source>
        <translation>Già il solo messaggio è più di quanto il modello contiene.</translation>
    </message>
    <message>
        <source>What the message adds to the context, as the model counts it.</source>
        <translation>Quanto il messaggio aggiunge al contesto, contato dal modello.</translation>
    </message>
    <message>
        <source>about {tokens}</source>
        <translation>circa {tokens}</translation>
    </message>
    <message>
        <source>By its length: the model isn&apos;t there to count it now.</source>
        <translation>In base alla lunghezza: ora il modello non può contarlo.</translation>
    </message>
    <message>
        <source>Draft: {tokens}</source>
        <translation>Bozza: {tokens}</translation>
    </message>
</context>
<context>
    <name>EditableMessage</name>
    <message>
        <source>Asking this reads {tokens}</source>
        <translation>Questa domanda fa leggere {tokens}</translation>
    </message>
    <message>
        <source>Asking this reads {tokens}, about {time}</source>
        <translation>Questa domanda fa leggere {tokens}, circa {time}</translation>
    </message>
</context>
<context>
    <name>EmptyState</name>
    <message>
        <source>What would you like to know?</source>
        <translation>Che cosa vuoi sapere?</translation>
    </message>
    <message>
        <source>Nothing of this temporary chat is on disk. It is gone when Eremo quits.</source>
        <translation>Nulla di questa chat temporanea è su disco. Sparisce quando chiudi Eremo.</translation>
    </message>
    <message>
        <source>The answer is written on this machine, and stays here.</source>
        <translation>La risposta viene scritta su questo computer, e resta qui.</translation>
    </message>
    <message>
        <source>What is gravity?</source>
        <translation>Che cos&apos;è la gravità?</translation>
    </message>
    <message>
        <source>List three fruits.</source>
        <translation>Elenca tre frutti.</translation>
    </message>
    <message>
        <source>Write a short thank-you note.</source>
        <translation>Scrivi un breve ringraziamento.</translation>
    </message>
    <message>
        <source>How does a rainbow form?</source>
        <translation>Come si forma un arcobaleno?</translation>
    </message>
</context>
<context>
    <name>EngineThread</name>
    <message>
        <source>Something went wrong inside Eremo. The log says more.</source>
        <translation>Qualcosa in Eremo non ha funzionato. Il registro dice di più.</translation>
    </message>
</context>
<context>
    <name>FailureCard</name>
    <message>
        <source>Try again</source>
        <translation>Riprova</translation>
    </message>
</context>
<context>
    <name>Field</name>
    <message>
        <source>Default: {value}</source>
        <translation>Predefinito: {value}</translation>
    </message>
    <message>
        <source>Reset</source>
        <translation>Ripristina</translation>
    </message>
    <message>
        <source>Reset: {name}</source>
        <translation>Ripristina: {name}</translation>
    </message>
</context>
<context>
    <name>FileDrop</name>
    <message>
        <source>Drop the files to attach them to this chat</source>
        <translation>Rilascia i file per allegarli a questa chat</translation>
    </message>
</context>
<context>
    <name>FolderCommands</name>
    <message>
        <source>New folder</source>
        <translation>Nuova cartella</translation>
    </message>
    <message>
        <source>Move this chat to a folder</source>
        <translation>Sposta questa chat in una cartella</translation>
    </message>
    <message>
        <source>The folder “{name}” was deleted. Its chats are kept.</source>
        <translation>La cartella «{name}» è stata eliminata. Le sue chat restano.</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Annulla</translation>
    </message>
    <message>
        <source>Out of its folder</source>
        <translation>Fuori dalla cartella</translation>
    </message>
    <message>
        <source>Move to a folder</source>
        <translation>Sposta in una cartella</translation>
    </message>
</context>
<context>
    <name>Header</name>
    <message>
        <source>Show or hide the chats</source>
        <translation>Mostra o nascondi le chat</translation>
    </message>
    <message>
        <source>Show or hide the details</source>
        <translation>Mostra o nascondi i dettagli</translation>
    </message>
    <message>
        <source>Temporary</source>
        <translation>Temporanea</translation>
    </message>
    <message>
        <source>Nothing of this chat is on disk. It is gone when Eremo quits.</source>
        <translation>Nulla di questa chat è su disco. Sparisce quando chiudi Eremo.</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>Scegli un modello</translation>
    </message>
    <message numerus="yes">
        <source>%Ln documents</source>
        <translation>
            <numerusform>%Ln documento</numerusform>
            <numerusform>%Ln documenti</numerusform>
        </translation>
    </message>
    <message>
        <source>Show or hide the documents: {names}</source>
        <translation>Mostra o nascondi i documenti: {names}</translation>
    </message>
    <message>
        <source>Show or hide the documents</source>
        <translation>Mostra o nascondi i documenti</translation>
    </message>
    <message>
        <source>Model {name}</source>
        <translation>Modello {name}</translation>
    </message>
    <message>
        <source>{name}
{parameters} million parameters, {size} MiB
Context of {context} tokens</source>
        <translation>{name}
{parameters} milioni di parametri, {size} MiB
Contesto di {context} token</translation>
    </message>
    <message>
        <source>This chat&apos;s model. It is loaded with the next question.</source>
        <translation>Il modello di questa chat. Si carica con la prossima domanda.</translation>
    </message>
</context>
<context>
    <name>Inspection</name>
    <message>
        <source>This is more than the model holds: the documents have {documents} tokens, and {total} is the most that it can read. Remove one, or attach less.</source>
        <translation>È più di quanto il modello contiene: i documenti hanno {documents} token, e il modello ne legge al massimo {total}. Toglili in parte, o allega meno.</translation>
    </message>
    <message>
        <source>This is more than the model holds: shorten the message, or go on in a new chat.</source>
        <translation>È più di quanto il modello contiene: accorcia il messaggio, o continua in una nuova chat.</translation>
    </message>
    <message numerus="yes">
        <source>The context is nearly full: %Ln token(s) are left for the message and its answer.</source>
        <translation>
            <numerusform>Il contesto è quasi pieno: resta %Ln token per il messaggio e la risposta.</numerusform>
            <numerusform>Il contesto è quasi pieno: restano %Ln token per il messaggio e la risposta.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Inspector</name>
    <message>
        <source>About this conversation</source>
        <translation>Su questa conversazione</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>Contesto</translation>
    </message>
    <message>
        <source>System</source>
        <translation>Sistema</translation>
    </message>
    <message>
        <source>Documents</source>
        <translation>Documenti</translation>
    </message>
    <message>
        <source>Conversation</source>
        <translation>Conversazione</translation>
    </message>
    <message>
        <source>Draft</source>
        <translation>Bozza</translation>
    </message>
    <message>
        <source>Recurrent state</source>
        <translation>Stato ricorrente</translation>
    </message>
    <message>
        <source>KV cache</source>
        <translation>Cache KV</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modello</translation>
    </message>
    <message>
        <source>On disk</source>
        <translation>Su disco</translation>
    </message>
    <message>
        <source>Reused</source>
        <translation>Riusati</translation>
    </message>
    <message>
        <source>Read</source>
        <translation>Letti</translation>
    </message>
    <message>
        <source>Written</source>
        <translation>Scritti</translation>
    </message>
    <message>
        <source>Edit first question</source>
        <translation>Modifica la 1ª domanda</translation>
    </message>
    <message>
        <source>New chat, same start</source>
        <translation>Nuova chat, stesso inizio</translation>
    </message>
    <message>
        <source>A new chat that begins with the same system prompt</source>
        <translation>Una nuova chat che inizia con lo stesso prompt di sistema</translation>
    </message>
    <message>
        <source>not in use</source>
        <translation>non in uso</translation>
    </message>
    <message numerus="yes">
        <source>On disk, %Ln branch(es)</source>
        <translation>
            <numerusform>Su disco, %Ln ramo</numerusform>
            <numerusform>Su disco, %Ln rami</numerusform>
        </translation>
    </message>
    <message>
        <source>reads {count}</source>
        <translation>legge {count}</translation>
    </message>
    <message>
        <source>This conversation</source>
        <translation>Questa conversazione</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Memoria</translation>
    </message>
    <message>
        <source>Last turn</source>
        <translation>Ultimo turno</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Prossimo passo</translation>
    </message>
</context>
<context>
    <name>KeyboardPage</name>
    <message>
        <source>Keys for: {action}</source>
        <translation>Tasti per: {action}</translation>
    </message>
    <message>
        <source>none</source>
        <translation>nessuno</translation>
    </message>
    <message>
        <source>No keys for: {action}</source>
        <translation>Nessun tasto per: {action}</translation>
    </message>
    <message>
        <source>Default: {value}</source>
        <translation>Predefinito: {value}</translation>
    </message>
    <message>
        <source>Reset</source>
        <translation>Ripristina</translation>
    </message>
    <message>
        <source>Reset: {name}</source>
        <translation>Ripristina: {name}</translation>
    </message>
</context>
<context>
    <name>LimitLine</name>
    <message>
        <source>Branch with a summary</source>
        <translation>Dirama con un riassunto</translation>
    </message>
    <message>
        <source>Go on in a new chat that begins with a summary of this one, which stays.</source>
        <translation>Continua in una nuova chat che inizia con un riassunto di questa, che resta.</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>Chat</source>
        <translation>Chat</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>Nuova chat</translation>
    </message>
    <message>
        <source>Eremo</source>
        <translation>Eremo</translation>
    </message>
    <message>
        <source>Search in all chats</source>
        <translation>Cerca in tutte le chat</translation>
    </message>
    <message>
        <source>Commands and chats</source>
        <translation>Comandi e chat</translation>
    </message>
    <message>
        <source>Export this chat</source>
        <translation>Esporta questa chat</translation>
    </message>
    <message>
        <source>Export all chats</source>
        <translation>Esporta tutte le chat</translation>
    </message>
    <message>
        <source>Import chats</source>
        <translation>Importa chat</translation>
    </message>
    <message>
        <source>Stop the answer</source>
        <translation>Ferma la risposta</translation>
    </message>
    <message>
        <source>Attach documents</source>
        <translation>Allega documenti</translation>
    </message>
    <message>
        <source>Write a message</source>
        <translation>Scrivi un messaggio</translation>
    </message>
    <message>
        <source>Show or hide the chats</source>
        <translation>Mostra o nascondi le chat</translation>
    </message>
    <message>
        <source>Show or hide the details</source>
        <translation>Mostra o nascondi i dettagli</translation>
    </message>
    <message>
        <source>Larger text</source>
        <translation>Testo più grande</translation>
    </message>
    <message>
        <source>Smaller text</source>
        <translation>Testo più piccolo</translation>
    </message>
    <message>
        <source>Normal text size</source>
        <translation>Testo di dimensione normale</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Impostazioni</translation>
    </message>
    <message>
        <source>Choose a model</source>
        <translation>Scegli un modello</translation>
    </message>
    <message>
        <source>Set the system prompt and the temperature</source>
        <translation>Imposta il prompt di sistema e la temperatura</translation>
    </message>
    <message>
        <source>Limit memory and disk</source>
        <translation>Limita memoria e disco</translation>
    </message>
    <message>
        <source>Set threads and context length</source>
        <translation>Imposta i thread e la lunghezza del contesto</translation>
    </message>
    <message>
        <source>Choose colours: light, dark, high contrast</source>
        <translation>Scegli i colori: chiaro, scuro, alto contrasto</translation>
    </message>
    <message>
        <source>Choose a language</source>
        <translation>Scegli una lingua</translation>
    </message>
    <message>
        <source>Change keys</source>
        <translation>Cambia i tasti</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Scorciatoie da tastiera</translation>
    </message>
    <message>
        <source>Check for updates</source>
        <translation>Cerca aggiornamenti</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Esci</translation>
    </message>
</context>
<context>
    <name>MessageActions</name>
    <message>
        <source>What can be done with the message</source>
        <translation>Che cosa puoi fare con il messaggio</translation>
    </message>
    <message>
        <source>Previous version, {} of {}</source>
        <translation>Versione precedente, {} di {}</translation>
    </message>
    <message>
        <source>Next version, {} of {}</source>
        <translation>Versione successiva, {} di {}</translation>
    </message>
    <message>
        <source>reads {tokens}</source>
        <translation>legge {tokens}</translation>
    </message>
    <message>
        <source>reads {tokens}, about {time}</source>
        <translation>legge {tokens}, circa {time}</translation>
    </message>
    <message>
        <source>{action} · reads {tokens}</source>
        <translation>{action} · legge {tokens}</translation>
    </message>
</context>
<context>
    <name>MessageCommands</name>
    <message>
        <source>Regenerate the last answer</source>
        <translation>Rigenera l’ultima risposta</translation>
    </message>
    <message>
        <source>Continue the last answer</source>
        <translation>Continua l’ultima risposta</translation>
    </message>
    <message>
        <source>Copy the last answer</source>
        <translation>Copia l’ultima risposta</translation>
    </message>
    <message>
        <source>Branch into a new chat</source>
        <translation>Dirama in una nuova chat</translation>
    </message>
    <message>
        <source>Version before</source>
        <translation>Versione precedente</translation>
    </message>
    <message>
        <source>Version after</source>
        <translation>Versione successiva</translation>
    </message>
    <message>
        <source>There is no answer here yet.</source>
        <translation>Qui non c’è ancora una risposta.</translation>
    </message>
    <message>
        <source>The last answer is complete.</source>
        <translation>L’ultima risposta è completa.</translation>
    </message>
    <message>
        <source>No message here has another version.</source>
        <translation>Nessun messaggio qui ha un&apos;altra versione.</translation>
    </message>
    <message>
        <source>An answer is being written here. Stop it first.</source>
        <translation>Qui è in corso una risposta. Prima fermala.</translation>
    </message>
    <message>
        <source>The message was deleted.</source>
        <translation>Il messaggio è stato eliminato.</translation>
    </message>
    <message>
        <source>The answer was deleted.</source>
        <translation>La risposta è stata eliminata.</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Annulla</translation>
    </message>
    <message>
        <source>This message was removed.</source>
        <translation>Questo messaggio è stato tolto.</translation>
    </message>
</context>
<context>
    <name>MessageEditor</name>
    <message>
        <source>Cancel</source>
        <translation>Annulla</translation>
    </message>
    <message>
        <source>Ctrl Enter saves</source>
        <translation>Ctrl Invio salva</translation>
    </message>
</context>
<context>
    <name>ModelsPage</name>
    <message>
        <source>Models on this machine</source>
        <translation>Modelli su questo computer</translation>
    </message>
    <message>
        <source>Use this model</source>
        <translation>Usa questo modello</translation>
    </message>
    <message>
        <source>Add a file…</source>
        <translation>Aggiungi un file…</translation>
    </message>
    <message>
        <source>Add a folder…</source>
        <translation>Aggiungi una cartella…</translation>
    </message>
    <message>
        <source>Take off the list</source>
        <translation>Togli dall&apos;elenco</translation>
    </message>
    <message>
        <source>Loading the model</source>
        <translation>Caricamento del modello</translation>
    </message>
    <message>
        <source>{model} · in use</source>
        <translation>{model} · in uso</translation>
    </message>
    <message>
        <source>{model} · comes with Eremo</source>
        <translation>{model} · incluso in Eremo</translation>
    </message>
    <message>
        <source>{name} was added.</source>
        <translation>{name} è stato aggiunto.</translation>
    </message>
    <message>
        <source>Loading … {percent} %</source>
        <translation>Caricamento … {percent}%</translation>
    </message>
    <message>
        <source>The model is ready.</source>
        <translation>Il modello è pronto.</translation>
    </message>
    <message>
        <source>The model that was in use is being closed.</source>
        <translation>Il modello che era in uso si sta chiudendo.</translation>
    </message>
    <message>
        <source>Add a model</source>
        <translation>Aggiungi un modello</translation>
    </message>
    <message>
        <source>Models (*.gguf)</source>
        <translation>Modelli (*.gguf)</translation>
    </message>
    <message>
        <source>Add a model&apos;s folder</source>
        <translation>Aggiungi la cartella di un modello</translation>
    </message>
    <message>
        <source>GGUF files in {folder} are found by themselves.</source>
        <translation>I file GGUF in {folder} vengono trovati da soli.</translation>
    </message>
</context>
<context>
    <name>NoModelState</name>
    <message>
        <source>Eremo needs a model</source>
        <translation>A Eremo serve un modello</translation>
    </message>
    <message>
        <source>Put a model in GGUF format into the models folder, then look again.</source>
        <translation>Metti un modello in formato GGUF nella cartella dei modelli, poi controlla di nuovo.</translation>
    </message>
    <message>
        <source>Open the models folder</source>
        <translation>Apri la cartella dei modelli</translation>
    </message>
    <message>
        <source>Look again</source>
        <translation>Controlla di nuovo</translation>
    </message>
</context>
<context>
    <name>Notice</name>
    <message>
        <source>Close the notice</source>
        <translation>Chiudi l&apos;avviso</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Chiudi</translation>
    </message>
</context>
<context>
    <name>Palette</name>
    <message>
        <source>Commands and chats</source>
        <translation>Comandi e chat</translation>
    </message>
    <message>
        <source>Type a command or a chat</source>
        <translation>Scrivi un comando o una chat</translation>
    </message>
    <message>
        <source>Command or chat</source>
        <translation>Comando o chat</translation>
    </message>
    <message>
        <source>What was found</source>
        <translation>Che cosa è stato trovato</translation>
    </message>
    <message>
        <source>Nothing has these words.</source>
        <translation>Niente contiene queste parole.</translation>
    </message>
</context>
<context>
    <name>PromptList</name>
    <message>
        <source>Saved prompts</source>
        <translation>Prompt salvati</translation>
    </message>
    <message>
        <source>Edit the saved prompts…</source>
        <translation>Modifica i prompt salvati…</translation>
    </message>
    <message>
        <source>Make a saved prompt…</source>
        <translation>Crea un prompt salvato…</translation>
    </message>
</context>
<context>
    <name>PromptsDialog</name>
    <message>
        <source>Saved prompts</source>
        <translation>Prompt salvati</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Nome</translation>
    </message>
    <message>
        <source>Text of the prompt</source>
        <translation>Testo del prompt</translation>
    </message>
    <message>
        <source>For example: Translate into {{language}}:</source>
        <translation>Per esempio: Traduci in {{language}}:</translation>
    </message>
    <message>
        <source>Write / in the composer to use one. Tab goes through gaps like {{name}}.</source>
        <translation>Scrivi / nel campo del messaggio per usarne uno. Tab passa da uno spazio come {{name}} al successivo.</translation>
    </message>
    <message>
        <source>New prompt</source>
        <translation>Nuovo prompt</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Elimina</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Annulla</translation>
    </message>
    <message>
        <source>Bring the deleted prompt back</source>
        <translation>Riporta il prompt eliminato</translation>
    </message>
    <message>
        <source>“{name}” was deleted.</source>
        <translation>«{name}» è stato eliminato.</translation>
    </message>
    <message>
        <source>This prompt is too long to be changed here, but it can be used.</source>
        <translation>Questo prompt è troppo lungo per modificarlo qui, ma puoi usarlo.</translation>
    </message>
</context>
<context>
    <name>QueuedMessage</name>
    <message>
        <source>Remove</source>
        <translation>Togli</translation>
    </message>
    <message>
        <source>Remove the message that is sent next</source>
        <translation>Togli il messaggio in attesa</translation>
    </message>
    <message>
        <source>Take it back into the field below</source>
        <translation>Riportalo nel campo qui sotto</translation>
    </message>
    <message>
        <source>Sent next: {text}</source>
        <translation>In attesa: {text}</translation>
    </message>
</context>
<context>
    <name>QuitDialog</name>
    <message>
        <source>The temporary chat “{title}” is gone when Eremo quits.</source>
        <translation>La chat temporanea «{title}» sparisce quando chiudi Eremo.</translation>
    </message>
    <message numerus="yes">
        <source>%n temporary chats are gone when Eremo quits.</source>
        <translation>
            <numerusform>%n chat temporanea va persa quando Eremo si chiude.</numerusform>
            <numerusform>%n chat temporanee vanno perse quando Eremo si chiude.</numerusform>
        </translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Esci</translation>
    </message>
    <message>
        <source>Keep and quit</source>
        <translation>Conserva ed esci</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Annulla</translation>
    </message>
</context>
<context>
    <name>SearchResults</name>
    <message>
        <source>Search results</source>
        <translation>Risultati della ricerca</translation>
    </message>
</context>
<context>
    <name>Sentences</name>
    <message>
        <source>&quot;cpu&quot;, &quot;cuda&quot; or &quot;&quot;</source>
        <translation>&quot;cpu&quot;, &quot;cuda&quot; o &quot;&quot;</translation>
    </message>
    <message>
        <source>&quot;system&quot; or the code of a language, such as &quot;it&quot;</source>
        <translation>&quot;system&quot; o il codice di una lingua, come &quot;it&quot;</translation>
    </message>
    <message>
        <source>&quot;system&quot;, &quot;light&quot;, &quot;dark&quot; or &quot;contrast&quot;</source>
        <translation>&quot;system&quot;, &quot;light&quot;, &quot;dark&quot; o &quot;contrast&quot;</translation>
    </message>
    <message>
        <source>A folder needs a name.</source>
        <translation>Una cartella deve avere un nome.</translation>
    </message>
    <message>
        <source>A message can&apos;t be empty: write something, or delete it.</source>
        <translation>Un messaggio non può essere vuoto: scrivi qualcosa, o eliminalo.</translation>
    </message>
    <message>
        <source>A saved prompt needs a name.</source>
        <translation>Un prompt salvato deve avere un nome.</translation>
    </message>
    <message>
        <source>Eremo can&apos;t open or write {path}: check the permissions of its folder, or choose another folder with --data-dir.</source>
        <translation>Eremo non può aprire o scrivere {path}: controlla i permessi della sua cartella, o scegli un&apos;altra cartella con --data-dir.</translation>
    </message>
    <message>
        <source>Eremo is already open with this data folder: use its window, or choose another folder with --data-dir.</source>
        <translation>Eremo è già aperto con questa cartella dei dati: usa la sua finestra, o scegli un&apos;altra cartella con --data-dir.</translation>
    </message>
    <message>
        <source>Eremo may not read {name}: check its permissions.</source>
        <translation>Eremo non ha il permesso di leggere {name}: controlla i suoi permessi.</translation>
    </message>
    <message>
        <source>Eremo may not read {path}. Change the permissions of the file.</source>
        <translation>Eremo non ha il permesso di leggere {path}. Cambia i permessi del file.</translation>
    </message>
    <message>
        <source>Eremo may not write {path}: check the permissions of its folder, or choose another folder with --data-dir.</source>
        <translation>Eremo non ha il permesso di scrivere {path}: controlla i permessi della sua cartella, o scegli un&apos;altra cartella con --data-dir.</translation>
    </message>
    <message>
        <source>Eremo needs the file {path}, but a folder is in its place: move it away.</source>
        <translation>A Eremo serve il file {path}, ma al suo posto c&apos;è una cartella: spostala.</translation>
    </message>
    <message>
        <source>Eremo needs the folder {path}, but a file is in its place: move the file away, or choose another folder with --data-dir.</source>
        <translation>A Eremo serve la cartella {path}, ma al suo posto c&apos;è un file: sposta il file, o scegli un&apos;altra cartella con --data-dir.</translation>
    </message>
    <message>
        <source>Message {message_id} isn&apos;t one of chat {chat_id}.</source>
        <translation>Il messaggio {message_id} non è della chat {chat_id}.</translation>
    </message>
    <message>
        <source>Message {message_id} was deleted.</source>
        <translation>Il messaggio {message_id} è stato eliminato.</translation>
    </message>
    <message>
        <source>No graphics card with CUDA was found. Install or update its driver, or choose the device &quot;cpu&quot;.</source>
        <translation>Non è stata trovata nessuna scheda grafica con CUDA. Installa o aggiorna il suo driver, o scegli il dispositivo &quot;cpu&quot;.</translation>
    </message>
    <message>
        <source>Only text is imported: one image, file or use of a tool was left out.</source>
        <translation>Si importa solo il testo: un&apos;immagine, un file o l&apos;uso di uno strumento è stato lasciato fuori.</translation>
    </message>
    <message>
        <source>Only text is imported: {parts} images, files or uses of tools were left out.</source>
        <translation>Si importa solo il testo: {parts} tra immagini, file e usi di strumenti sono stati lasciati fuori.</translation>
    </message>
    <message>
        <source>Other messages follow this answer, so it can&apos;t go on.</source>
        <translation>Altri messaggi seguono questa risposta, che quindi non può continuare.</translation>
    </message>
    <message>
        <source>The config.json of {name} has no usable whole number {key}. Download the model again.</source>
        <translation>Il config.json di {name} non ha un numero intero {key} che si possa usare. Scarica di nuovo il modello.</translation>
    </message>
    <message>
        <source>The config.json of {name} says {key} = {value}, which this version of Eremo cannot run. Choose another model.</source>
        <translation>Il config.json di {name} dice {key} = {value}, che questa versione di Eremo non può usare. Scegli un altro modello.</translation>
    </message>
    <message>
        <source>The description of the model in {name} is wrong: {error}.</source>
        <translation>La descrizione del modello in {name} è sbagliata: {error}.</translation>
    </message>
    <message>
        <source>The description of the model in {name} is wrong: {value} layers have a number of KV heads, but there are {value2} layers.</source>
        <translation>La descrizione del modello in {name} è sbagliata: {value} livelli hanno un numero di teste KV, ma i livelli sono {value2}.</translation>
    </message>
    <message>
        <source>The disk is full, so nothing more is saved to {path}: free some space.</source>
        <translation>Il disco è pieno, quindi in {path} non si salva più nulla: libera dello spazio.</translation>
    </message>
    <message>
        <source>The disk is full, so {path} couldn&apos;t be written: free some space.</source>
        <translation>Il disco è pieno, quindi non è stato possibile scrivere {path}: libera dello spazio.</translation>
    </message>
    <message>
        <source>The folder {name} has no tokenizer. Put the model&apos;s tokenizer.json into it.</source>
        <translation>Nella cartella {name} manca il tokenizer. Mettici il tokenizer.json del modello.</translation>
    </message>
    <message>
        <source>The folder {name} has no tokenizer.json, which the new file needs. Put the model&apos;s tokenizer.json into it.</source>
        <translation>Nella cartella {name} manca il tokenizer.json, che serve al nuovo file. Mettici quello del modello.</translation>
    </message>
    <message>
        <source>The folder {name} has no weights in safetensors. Download the model again, in that format.</source>
        <translation>Nella cartella {name} mancano i pesi in safetensors. Scarica di nuovo il modello, in quel formato.</translation>
    </message>
    <message>
        <source>The graphics card can&apos;t be used, since the installed PyTorch is made without CUDA. Install one with CUDA, or choose the device &quot;cpu&quot;.</source>
        <translation>La scheda grafica non si può usare, perché il PyTorch installato è senza CUDA. Installane uno con CUDA, o scegli il dispositivo &quot;cpu&quot;.</translation>
    </message>
    <message>
        <source>The graphics card reported an error. Try again; if that doesn&apos;t help, start Eremo again with the device &quot;cpu&quot;.</source>
        <translation>La scheda grafica ha segnalato un errore. Riprova; se non basta, riavvia Eremo con il dispositivo &quot;cpu&quot;.</translation>
    </message>
    <message>
        <source>The list of Eremo&apos;s latest release can&apos;t be read: try again later.</source>
        <translation>Impossibile leggere l’elenco dell’ultima versione di Eremo: riprova più tardi.</translation>
    </message>
    <message>
        <source>The model computed values that are no numbers. Its file may be damaged: download it again or choose another model.</source>
        <translation>Il modello ha calcolato valori che non sono numeri. Forse il suo file è danneggiato: scaricalo di nuovo o scegli un altro modello.</translation>
    </message>
    <message>
        <source>The model failed in a way that it shouldn&apos;t. The log says how.</source>
        <translation>Il modello ha avuto un problema imprevisto. Il registro dice quale.</translation>
    </message>
    <message>
        <source>The model is already quantized ({value}). Use it as it is, or choose its original form.</source>
        <translation>Il modello è già quantizzato ({value}). Usalo com&apos;è, o scegli la sua forma originale.</translation>
    </message>
    <message>
        <source>The model is busy with another answer. Wait until it has ended.</source>
        <translation>Il modello è impegnato con un&apos;altra risposta. Aspetta che finisca.</translation>
    </message>
    <message>
        <source>The model is busy with something else. Try again.</source>
        <translation>Il modello è impegnato con altro. Riprova.</translation>
    </message>
    <message>
        <source>The model is closed. Start Eremo again.</source>
        <translation>Il modello è chiuso. Riavvia Eremo.</translation>
    </message>
    <message>
        <source>The model isn&apos;t ready. Try again.</source>
        <translation>Il modello non è pronto. Riprova.</translation>
    </message>
    <message>
        <source>The model stopped unexpectedly. Nothing is lost; try again.</source>
        <translation>Il modello si è fermato all&apos;improvviso. Non si è perso nulla; riprova.</translation>
    </message>
    <message>
        <source>The model wrote no summary. Try again, or start a new chat.</source>
        <translation>Il modello non ha scritto un riassunto. Riprova, o inizia una nuova chat.</translation>
    </message>
    <message>
        <source>The model&apos;s chat template cannot be used: {reason}. Choose another model.</source>
        <translation>Il template di chat del modello non si può usare: {reason}. Scegli un altro modello.</translation>
    </message>
    <message>
        <source>The model&apos;s chat template does not take this conversation: {reason}.</source>
        <translation>Il template di chat del modello non accetta questa conversazione: {reason}.</translation>
    </message>
    <message>
        <source>The model&apos;s chat template leaves nothing of the question.</source>
        <translation>Il template di chat del modello non lascia nulla della domanda.</translation>
    </message>
    <message>
        <source>The model&apos;s context is too short for a summary: choose a model with a longer one.</source>
        <translation>Il contesto del modello è troppo corto per un riassunto: scegli un modello con un contesto più lungo.</translation>
    </message>
    <message>
        <source>The model&apos;s process couldn&apos;t be started. Close other programs and try again.</source>
        <translation>Non è stato possibile avviare il processo del modello. Chiudi gli altri programmi e riprova.</translation>
    </message>
    <message>
        <source>The name of the file has to end in .md, .html or .json, and {path} does not.</source>
        <translation>Il nome del file deve finire in .md, .html o .json, e {path} non lo fa.</translation>
    </message>
    <message>
        <source>The name of the new file has to end in .gguf, and {path} does not.</source>
        <translation>Il nome del nuovo file deve finire in .gguf, e {path} non lo fa.</translation>
    </message>
    <message>
        <source>The releases of Eremo can&apos;t be reached ({reason}): try again later.</source>
        <translation>Impossibile raggiungere le versioni di Eremo ({reason}): riprova più tardi.</translation>
    </message>
    <message>
        <source>The setting {key} must be {words}</source>
        <translation>L&apos;impostazione {key} deve essere {words}</translation>
    </message>
    <message>
        <source>The settings in {path} are damaged ({error}): the defaults are used until the file is repaired.</source>
        <translation>Le impostazioni in {path} sono danneggiate ({error}): valgono quelle predefinite finché il file non viene riparato.</translation>
    </message>
    <message>
        <source>The settings in {path} can&apos;t be read ({reason}): the defaults are used.</source>
        <translation>Le impostazioni in {path} non si possono leggere ({reason}): valgono quelle predefinite.</translation>
    </message>
    <message>
        <source>The tensor {name} has values that cannot be quantized. Download the model again.</source>
        <translation>Il tensore {name} ha valori che non si possono quantizzare. Scarica di nuovo il modello.</translation>
    </message>
    <message>
        <source>The tensor {name} is stored as {type_name}, which this version of Eremo cannot read. Choose another quantization of the model.</source>
        <translation>Il tensore {name} è salvato come {type_name}, che questa versione di Eremo non può leggere. Scegli un&apos;altra quantizzazione del modello.</translation>
    </message>
    <message>
        <source>The tensor {name} of {name2} has the shape {value} instead of {value2}. Download the model again.</source>
        <translation>Il tensore {name} di {name2} ha la forma {value} invece di {value2}. Scarica di nuovo il modello.</translation>
    </message>
    <message>
        <source>The text is too long to be kept in {path}: shorten it.</source>
        <translation>Il testo è troppo lungo per essere conservato in {path}: accorcialo.</translation>
    </message>
    <message>
        <source>The tokenizer in the folder of {name} belongs to another model. Replace it by the model&apos;s tokenizer.json.</source>
        <translation>Il tokenizer nella cartella di {name} è di un altro modello. Sostituiscilo con il tokenizer.json del modello.</translation>
    </message>
    <message>
        <source>The tokenizer in the folder {name} lacks tokens that its configuration names. Put the model&apos;s tokenizer.json into it.</source>
        <translation>Al tokenizer nella cartella {name} mancano token che la sua configurazione nomina. Mettici il tokenizer.json del modello.</translation>
    </message>
    <message>
        <source>The tokenizer in {name} cannot be used: {error}. Put the model&apos;s tokenizer.json into the same folder.</source>
        <translation>Il tokenizer in {name} non si può usare: {error}. Metti il tokenizer.json del modello nella stessa cartella.</translation>
    </message>
    <message>
        <source>The value of max_tokens must be 1 or more.</source>
        <translation>Il valore di max_tokens deve essere almeno 1.</translation>
    </message>
    <message>
        <source>The value of min_p must be between 0 and 1.</source>
        <translation>Il valore di min_p deve essere tra 0 e 1.</translation>
    </message>
    <message>
        <source>The value of repetition_penalty must be between 0.1 and 10.</source>
        <translation>Il valore di repetition_penalty deve essere tra 0,1 e 10.</translation>
    </message>
    <message>
        <source>The value of seed must be 0 or more.</source>
        <translation>Il valore di seed deve essere almeno 0.</translation>
    </message>
    <message>
        <source>The value of temperature must be between 0 and 10.</source>
        <translation>Il valore di temperature deve essere tra 0 e 10.</translation>
    </message>
    <message>
        <source>The value of top_k must be 0 or more.</source>
        <translation>Il valore di top_k deve essere almeno 0.</translation>
    </message>
    <message>
        <source>The value of top_p must be above 0 and at most 1.</source>
        <translation>Il valore di top_p deve essere sopra 0 e al massimo 1.</translation>
    </message>
    <message>
        <source>The value of {name} must be a number.</source>
        <translation>Il valore di {name} deve essere un numero.</translation>
    </message>
    <message>
        <source>The weights file {path} does not exist. Choose another model or restore the file.</source>
        <translation>Il file dei pesi {path} non esiste. Scegli un altro modello o ripristina il file.</translation>
    </message>
    <message>
        <source>There are no chats in {path}.</source>
        <translation>In {path} non ci sono chat.</translation>
    </message>
    <message>
        <source>There is no answer to go on with: ask a question first.</source>
        <translation>Non c&apos;è una risposta da continuare: prima fai una domanda.</translation>
    </message>
    <message>
        <source>There is no chat {chat_id}.</source>
        <translation>La chat {chat_id} non esiste.</translation>
    </message>
    <message>
        <source>There is no device &quot;{device_name}&quot;: choose &quot;cpu&quot; or &quot;cuda&quot;, or leave it empty.</source>
        <translation>Il dispositivo &quot;{device_name}&quot; non esiste: scegli &quot;cpu&quot; o &quot;cuda&quot;, o lascialo vuoto.</translation>
    </message>
    <message>
        <source>There is no folder {folder_id}.</source>
        <translation>La cartella {folder_id} non esiste.</translation>
    </message>
    <message>
        <source>There is no message {message_id}: its chat was removed.</source>
        <translation>Il messaggio {message_id} non esiste: la sua chat è stata tolta.</translation>
    </message>
    <message>
        <source>There is no model yet: put a GGUF file into {models_dir}, or name one with --model FILE.</source>
        <translation>Non c&apos;è ancora un modello: metti un file GGUF in {models_dir}, o indicane uno con --model FILE.</translation>
    </message>
    <message>
        <source>There is no model {name} here: choose one of {value}.</source>
        <translation>Qui non c&apos;è un modello {name}: scegline uno tra {value}.</translation>
    </message>
    <message>
        <source>There is no question to answer: write one first.</source>
        <translation>Non c&apos;è una domanda a cui rispondere: prima scrivine una.</translation>
    </message>
    <message>
        <source>There is no sampling value {name}.</source>
        <translation>Il valore di campionamento {name} non esiste.</translation>
    </message>
    <message>
        <source>There is no saved prompt {prompt_id}.</source>
        <translation>Il prompt salvato {prompt_id} non esiste.</translation>
    </message>
    <message>
        <source>There is not enough memory for this model and conversation. Close other programs or choose a smaller model.</source>
        <translation>Non c&apos;è abbastanza memoria per questo modello e questa conversazione. Chiudi gli altri programmi o scegli un modello più piccolo.</translation>
    </message>
    <message>
        <source>There is nothing to send: write a message first.</source>
        <translation>Non c&apos;è nulla da inviare: prima scrivi un messaggio.</translation>
    </message>
    <message>
        <source>These chats were exported by a newer Eremo: update Eremo.</source>
        <translation>Queste chat sono state esportate da un Eremo più recente: aggiorna Eremo.</translation>
    </message>
    <message>
        <source>This Eremo doesn&apos;t know where newer ones are published: look where you got it.</source>
        <translation>Questo Eremo non sa dove sono pubblicate le versioni nuove: guarda dove l’hai preso.</translation>
    </message>
    <message>
        <source>This conversation is {num_tokens} tokens long, but the model holds {context_length}. Shorten the message or start a new chat.</source>
        <translation>Questa conversazione è lunga {num_tokens} token, ma il modello ne contiene {context_length}. Accorcia il messaggio o inizia una nuova chat.</translation>
    </message>
    <message>
        <source>This data folder was written by a newer Eremo: update Eremo, or choose another folder with --data-dir ({parent}).</source>
        <translation>Questa cartella dei dati è stata scritta da un Eremo più recente: aggiorna Eremo, o scegli un&apos;altra cartella con --data-dir ({parent}).</translation>
    </message>
    <message>
        <source>This message answers no question, so it can&apos;t be tried again.</source>
        <translation>Questo messaggio non risponde a nessuna domanda, quindi non si può riprovare.</translation>
    </message>
    <message>
        <source>This message isn&apos;t an answer that was cut short, so it can&apos;t go on.</source>
        <translation>Questo messaggio non è una risposta interrotta, quindi non può continuare.</translation>
    </message>
    <message>
        <source>What the network says of newer releases isn&apos;t signed by Eremo&apos;s developers, so it isn&apos;t believed ({error}).</source>
        <translation>Quello che la rete dice delle versioni nuove non è firmato dagli sviluppatori di Eremo, quindi non è creduto ({error}).</translation>
    </message>
    <message>
        <source>a length in its header is impossible</source>
        <translation>una lunghezza nella sua intestazione è impossibile</translation>
    </message>
    <message>
        <source>a list of numbers</source>
        <translation>un elenco di numeri</translation>
    </message>
    <message>
        <source>a list of texts</source>
        <translation>un elenco di testi</translation>
    </message>
    <message>
        <source>a list of whole numbers</source>
        <translation>un elenco di numeri interi</translation>
    </message>
    <message>
        <source>a name appears twice</source>
        <translation>un nome compare due volte</translation>
    </message>
    <message>
        <source>a number</source>
        <translation>un numero</translation>
    </message>
    <message>
        <source>a number above 0 and at most 1</source>
        <translation>un numero sopra 0 e al massimo 1</translation>
    </message>
    <message>
        <source>a number between {low} and {high}</source>
        <translation>un numero tra {low} e {high}</translation>
    </message>
    <message>
        <source>a table</source>
        <translation>una tabella</translation>
    </message>
    <message>
        <source>a table of texts</source>
        <translation>una tabella di testi</translation>
    </message>
    <message>
        <source>a tensor&apos;s name is not readable</source>
        <translation>il nome di un tensore non è leggibile</translation>
    </message>
    <message>
        <source>a text</source>
        <translation>un testo</translation>
    </message>
    <message>
        <source>a text in its header is not UTF-8</source>
        <translation>un testo nella sua intestazione non è UTF-8</translation>
    </message>
    <message>
        <source>a token appears twice</source>
        <translation>un token compare due volte</translation>
    </message>
    <message>
        <source>a whole number</source>
        <translation>un numero intero</translation>
    </message>
    <message>
        <source>a whole number between {low} and {high}</source>
        <translation>un numero intero tra {low} e {high}</translation>
    </message>
    <message>
        <source>it ends inside its header</source>
        <translation>finisce dentro la sua intestazione</translation>
    </message>
    <message>
        <source>it has no tokens</source>
        <translation>non ha token</translation>
    </message>
    <message>
        <source>it has {value} tokens but {value2} scores</source>
        <translation>ha {value} token ma {value2} punteggi</translation>
    </message>
    <message>
        <source>it has {value} tokens but {value2} token types</source>
        <translation>ha {value} token ma {value2} tipi di token</translation>
    </message>
    <message>
        <source>it is incomplete or not a safetensors file</source>
        <translation>è incompleto o non è un file safetensors</translation>
    </message>
    <message>
        <source>it is incomplete: the tensor {name} lies beyond its end</source>
        <translation>è incompleto: il tensore {name} sta oltre la sua fine</translation>
    </message>
    <message>
        <source>it is neither byte-level nor of the SentencePiece kind</source>
        <translation>non è né byte-level né di tipo SentencePiece</translation>
    </message>
    <message>
        <source>it is not a JSON object</source>
        <translation>non è un oggetto JSON</translation>
    </message>
    <message>
        <source>it is not a SentencePiece model</source>
        <translation>non è un modello SentencePiece</translation>
    </message>
    <message>
        <source>its entry {key} appears twice</source>
        <translation>la sua voce {key} compare due volte</translation>
    </message>
    <message>
        <source>its entry {key} has a type that does not exist</source>
        <translation>la sua voce {key} ha un tipo che non esiste</translation>
    </message>
    <message>
        <source>its entry {key} is missing</source>
        <translation>la sua voce {key} manca</translation>
    </message>
    <message>
        <source>its entry {key} is not {kind_name}</source>
        <translation>la sua voce {key} non è {kind_name}</translation>
    </message>
    <message>
        <source>its entry {name} can&apos;t be read</source>
        <translation>la sua voce {name} non si può leggere</translation>
    </message>
    <message>
        <source>its header can&apos;t be read</source>
        <translation>la sua intestazione non si può leggere</translation>
    </message>
    <message>
        <source>its header is no object</source>
        <translation>la sua intestazione non è un oggetto</translation>
    </message>
    <message>
        <source>its kind “{kind}” is not known to this version of Eremo</source>
        <translation>questa versione di Eremo non conosce il suo tipo «{kind}»</translation>
    </message>
    <message>
        <source>its part {part} lies outside the folder</source>
        <translation>la sua parte {part} sta fuori dalla cartella</translation>
    </message>
    <message>
        <source>its pre-tokenizer “{name}” is not known to this version of Eremo</source>
        <translation>questa versione di Eremo non conosce il suo pre-tokenizer «{name}»</translation>
    </message>
    <message>
        <source>its tensors do not fill it</source>
        <translation>i suoi tensori non lo riempiono</translation>
    </message>
    <message>
        <source>its tensors overlap, or leave a gap</source>
        <translation>i suoi tensori si sovrappongono o lasciano un vuoto</translation>
    </message>
    <message>
        <source>its token ids have large gaps</source>
        <translation>gli id dei suoi token hanno grandi vuoti</translation>
    </message>
    <message>
        <source>its tokens have no scores</source>
        <translation>i suoi token non hanno punteggi</translation>
    </message>
    <message>
        <source>memory</source>
        <translation>memoria</translation>
    </message>
    <message>
        <source>not a signature of minisign</source>
        <translation>non è una firma di minisign</translation>
    </message>
    <message>
        <source>signed with another key</source>
        <translation>firmato con un’altra chiave</translation>
    </message>
    <message>
        <source>the alignment of its tensors is not a power of two</source>
        <translation>l&apos;allineamento dei suoi tensori non è una potenza di due</translation>
    </message>
    <message>
        <source>the process ended</source>
        <translation>il processo è finito</translation>
    </message>
    <message>
        <source>the signature is wrong</source>
        <translation>la firma è sbagliata</translation>
    </message>
    <message>
        <source>the tensor {name} appears twice</source>
        <translation>il tensore {name} compare due volte</translation>
    </message>
    <message>
        <source>the tensor {name} has an impossible shape</source>
        <translation>il tensore {name} ha una forma impossibile</translation>
    </message>
    <message>
        <source>the tensor {name} has {num_dimensions} dimensions</source>
        <translation>il tensore {name} ha {num_dimensions} dimensioni</translation>
    </message>
    <message>
        <source>the tensor {name} is at an impossible place</source>
        <translation>il tensore {name} è in un punto impossibile</translation>
    </message>
    <message>
        <source>the tensor {name} is missing</source>
        <translation>il tensore {name} manca</translation>
    </message>
    <message>
        <source>the tensor {name} lies beyond its end</source>
        <translation>il tensore {name} sta oltre la sua fine</translation>
    </message>
    <message>
        <source>the tensor {value} is missing</source>
        <translation>il tensore {value} manca</translation>
    </message>
    <message>
        <source>time</source>
        <translation>tempo</translation>
    </message>
    <message>
        <source>true or false</source>
        <translation>true o false</translation>
    </message>
    <message>
        <source>{KERNELS_VARIABLE} asks for “{wanted}”, but this machine runs: {value}. Choose one of them.</source>
        <translation>{KERNELS_VARIABLE} chiede «{wanted}», ma questo computer può usare: {value}. Scegline uno.</translation>
    </message>
    <message>
        <source>{name} can be any of {value}: write more of the name.</source>
        <translation>{name} può essere uno tra {value}: scrivi più lettere del nome.</translation>
    </message>
    <message>
        <source>{name} couldn&apos;t be read now: close other programs and try again.</source>
        <translation>Ora non è stato possibile leggere {name}: chiudi gli altri programmi e riprova.</translation>
    </message>
    <message>
        <source>{name} couldn&apos;t be read: it is damaged, or needs more memory than it may take.</source>
        <translation>Non è stato possibile leggere {name}: è danneggiato, o richiede più memoria di quella consentita.</translation>
    </message>
    <message>
        <source>{name} couldn&apos;t be read: {reason}.</source>
        <translation>Non è stato possibile leggere {name}: {reason}.</translation>
    </message>
    <message>
        <source>{name} has a part that this version of Eremo does not know (the tensor {name2}). Choose another model.</source>
        <translation>{name} ha una parte che questa versione di Eremo non conosce (il tensore {name2}). Scegli un altro modello.</translation>
    </message>
    <message>
        <source>{name} has a part that this version of Eremo does not know (the tensor {value}). Choose another model.</source>
        <translation>{name} ha una parte che questa versione di Eremo non conosce (il tensore {value}). Scegli un altro modello.</translation>
    </message>
    <message>
        <source>{name} has attention layers of different widths, which this version of Eremo does not know. Choose another model.</source>
        <translation>{name} ha livelli di attenzione di larghezza diversa, che questa versione di Eremo non conosce. Scegli un altro modello.</translation>
    </message>
    <message>
        <source>{name} has more text than Eremo can hold: attach a part of it.</source>
        <translation>{name} ha più testo di quanto Eremo possa contenere: allegane una parte.</translation>
    </message>
    <message>
        <source>{name} has no text, only pictures of its pages, which Eremo can&apos;t read: use a program that recognises text in them first.</source>
        <translation>{name} non ha testo, solo immagini delle sue pagine, che Eremo non può leggere: prima usa un programma che riconosca il testo.</translation>
    </message>
    <message>
        <source>{name} holds a model of the architecture “{architecture}”, which this version of Eremo cannot run. It runs: {value}.</source>
        <translation>{name} contiene un modello dell&apos;architettura «{architecture}», che questa versione di Eremo non può usare. Può usare: {value}.</translation>
    </message>
    <message>
        <source>{name} in the folder {name2} cannot be used: {reason}. Download the file again.</source>
        <translation>{name} nella cartella {name2} non si può usare: {reason}. Scarica di nuovo il file.</translation>
    </message>
    <message>
        <source>{name} is a GGUF file already. Choose the folder with the model&apos;s safetensors.</source>
        <translation>{name} è già un file GGUF. Scegli la cartella con i safetensors del modello.</translation>
    </message>
    <message>
        <source>{name} is a GGUF file of version {version}; Eremo reads the versions {value}. Choose another file of the model.</source>
        <translation>{name} è un file GGUF di versione {version}; Eremo legge le versioni {value}. Scegli un altro file del modello.</translation>
    </message>
    <message>
        <source>{name} is a folder. Choose the weights file in it.</source>
        <translation>{name} è una cartella. Scegli il file dei pesi al suo interno.</translation>
    </message>
    <message>
        <source>{name} is a folder: choose the files in it.</source>
        <translation>{name} è una cartella: scegli i file al suo interno.</translation>
    </message>
    <message>
        <source>{name} is an office document or an archive, which Eremo doesn&apos;t read: save it as PDF or text first.</source>
        <translation>{name} è un documento di un programma per ufficio o un archivio, che Eremo non legge: prima salvalo come PDF o testo.</translation>
    </message>
    <message>
        <source>{name} is damaged or not Eremo&apos;s: delete it and download it again.</source>
        <translation>{name} è danneggiato o non è di Eremo: eliminalo e scaricalo di nuovo.</translation>
    </message>
    <message>
        <source>{name} is damaged: {reason}. Download the file again.</source>
        <translation>{name} è danneggiato: {reason}. Scarica di nuovo il file.</translation>
    </message>
    <message>
        <source>{name} is empty, so there is nothing to read in it.</source>
        <translation>{name} è vuoto, quindi non c&apos;è nulla da leggere.</translation>
    </message>
    <message>
        <source>{name} is empty. Download the file again.</source>
        <translation>{name} è vuoto. Scarica di nuovo il file.</translation>
    </message>
    <message>
        <source>{name} is larger than {value} MB: attach the part of it that matters.</source>
        <translation>{name} supera {value} MB: allega la parte che conta.</translation>
    </message>
    <message>
        <source>{name} is no file of Eremo {version_text}.</source>
        <translation>{name} non è un file di Eremo {version_text}.</translation>
    </message>
    <message>
        <source>{name} is no model: choose a GGUF file, or a folder with a config.json and safetensors files.</source>
        <translation>{name} non è un modello: scegli un file GGUF, o una cartella con un config.json e file safetensors.</translation>
    </message>
    <message>
        <source>{name} is no ordinary file, so it can&apos;t be read.</source>
        <translation>{name} non è un file normale, quindi non si può leggere.</translation>
    </message>
    <message>
        <source>{name} is not a GGUF file. Choose a file of a model in GGUF.</source>
        <translation>{name} non è un file GGUF. Scegli il file di un modello in GGUF.</translation>
    </message>
    <message>
        <source>{name} is not an ordinary file. Choose a weights file.</source>
        <translation>{name} non è un file normale. Scegli un file di pesi.</translation>
    </message>
    <message>
        <source>{name} is one part of a model that was split over several files. Choose a model in one file.</source>
        <translation>{name} è una parte di un modello diviso in più file. Scegli un modello in un solo file.</translation>
    </message>
    <message>
        <source>{name} isn&apos;t text, so there is nothing to read in it.</source>
        <translation>{name} non è testo, quindi non c&apos;è nulla da leggere.</translation>
    </message>
    <message>
        <source>{name} isn&apos;t there any more: choose it again.</source>
        <translation>{name} non c&apos;è più: sceglilo di nuovo.</translation>
    </message>
    <message>
        <source>{name} lacks the tensor {name2}. Download the model again.</source>
        <translation>In {name} manca il tensore {name2}. Scarica di nuovo il modello.</translation>
    </message>
    <message>
        <source>{name} stores the tensor {name2} in the type {kind}, which this version of Eremo does not know. Choose another quantization of the model.</source>
        <translation>{name} contiene il tensore {name2} nel tipo {kind}, che questa versione di Eremo non conosce. Scegli un&apos;altra quantizzazione del modello.</translation>
    </message>
    <message>
        <source>{name} stores the tensor {name2} in the type {type_name}, which this version of Eremo cannot read. Choose another form of the model.</source>
        <translation>{name} contiene il tensore {name2} nel tipo {type_name}, che questa versione di Eremo non può leggere. Scegli un&apos;altra forma del modello.</translation>
    </message>
    <message>
        <source>{name} stretches its context by “{scaling}”, which this version of Eremo does not know. Choose another model.</source>
        <translation>{name} allunga il suo contesto con «{scaling}», che questa versione di Eremo non conosce. Scegli un altro modello.</translation>
    </message>
    <message>
        <source>{name} takes too much {what} to read, so it was given up.</source>
        <translation>Leggere {name} richiede troppe risorse ({what}), quindi la lettura è stata interrotta.</translation>
    </message>
    <message>
        <source>{name} was made for big-endian machines. Choose an ordinary GGUF file.</source>
        <translation>{name} è fatto per macchine big-endian. Scegli un file GGUF normale.</translation>
    </message>
    <message>
        <source>{path} can&apos;t be imported: it is damaged, or neither an export of Eremo (JSON), nor ChatGPT&apos;s conversations.json, nor an export of Open WebUI.</source>
        <translation>{path} non si può importare: è danneggiato, o non è né un&apos;esportazione di Eremo (JSON), né il conversations.json di ChatGPT, né un&apos;esportazione di Open WebUI.</translation>
    </message>
    <message>
        <source>{path} cannot be opened: {error}.</source>
        <translation>{path} non si può aprire: {error}.</translation>
    </message>
    <message>
        <source>{path} couldn&apos;t be imported: it needs too much memory.</source>
        <translation>Non è stato possibile importare {path}: richiede troppa memoria.</translation>
    </message>
    <message>
        <source>{path} couldn&apos;t be read or written: check the disk that it is on.</source>
        <translation>Non è stato possibile leggere o scrivere {path}: controlla il disco su cui si trova.</translation>
    </message>
    <message>
        <source>{path} couldn&apos;t be read: {reason}.</source>
        <translation>Non è stato possibile leggere {path}: {reason}.</translation>
    </message>
    <message>
        <source>{path} couldn&apos;t be written: {reason}.</source>
        <translation>Non è stato possibile scrivere {path}: {reason}.</translation>
    </message>
    <message>
        <source>{path} is a database of another program: move it away to start afresh.</source>
        <translation>{path} è il database di un altro programma: spostalo per ricominciare da capo.</translation>
    </message>
    <message>
        <source>{path} is an archive: unpack it and import the conversations.json in it.</source>
        <translation>{path} è un archivio: estrailo e importa il conversations.json che contiene.</translation>
    </message>
    <message>
        <source>{path} is damaged or not a database of Eremo: move it away to start afresh; nothing in it was changed.</source>
        <translation>{path} è danneggiato o non è un database di Eremo: spostalo per ricominciare da capo; al suo interno non è cambiato nulla.</translation>
    </message>
    <message>
        <source>{path} is in use by another program at the moment: try again.</source>
        <translation>{path} è usato al momento da un altro programma: riprova.</translation>
    </message>
    <message>
        <source>{path} is larger than {value} MB: export fewer chats at a time.</source>
        <translation>{path} supera {value} MB: esporta meno chat alla volta.</translation>
    </message>
    <message>
        <source>{path} is there already: choose another name, or add --force.</source>
        <translation>{path} esiste già: scegli un altro nome, o aggiungi --force.</translation>
    </message>
    <message>
        <source>{path} is too large to be imported on this machine.</source>
        <translation>{path} è troppo grande per essere importato su questo computer.</translation>
    </message>
    <message>
        <source>{path} takes too much {what} to be imported.</source>
        <translation>Importare {path} richiede troppe risorse ({what}).</translation>
    </message>
    <message>
        <source>{problem}: its default is used.</source>
        <translation>{problem}: vale il valore predefinito.</translation>
    </message>
    <message>
        <source>{reason}, which isn&apos;t part of this installation. Install Eremo with it: pipx install &quot;eremo[torch]&quot;</source>
        <translation>{reason}, che non fa parte di questa installazione. Installa Eremo con esso: pipx install &quot;eremo[torch]&quot;</translation>
    </message>
</context>
<context>
    <name>Session</name>
    <message>
        <source>This chat was answered by {model}.</source>
        <translation>In questa chat ha risposto {model}.</translation>
    </message>
    <message>
        <source>Use it again</source>
        <translation>Usalo di nuovo</translation>
    </message>
</context>
<context>
    <name>SettingsDialog</name>
    <message>
        <source>Settings</source>
        <translation>Impostazioni</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>Svuota</translation>
    </message>
    <message>
        <source>Pages of the settings</source>
        <translation>Pagine delle impostazioni</translation>
    </message>
    <message>
        <source>The states couldn&apos;t be removed. Close other programs and try again.</source>
        <translation>Non è stato possibile togliere gli stati. Chiudi gli altri programmi e riprova.</translation>
    </message>
    <message>
        <source>Used now: {size}</source>
        <translation>Usati ora: {size}</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelli</translation>
    </message>
    <message>
        <source>Answers</source>
        <translation>Risposte</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Memoria</translation>
    </message>
    <message>
        <source>Performance</source>
        <translation>Prestazioni</translation>
    </message>
    <message>
        <source>Motion follows the system: where it asks for less, nothing moves.</source>
        <translation>Il movimento segue il sistema: se il sistema ne chiede meno, non si muove nulla.</translation>
    </message>
    <message>
        <source>Appearance</source>
        <translation>Aspetto</translation>
    </message>
    <message>
        <source>Keyboard</source>
        <translation>Tastiera</translation>
    </message>
    <message>
        <source>Saved prompts</source>
        <translation>Prompt salvati</translation>
    </message>
    <message>
        <source>Edit…</source>
        <translation>Modifica…</translation>
    </message>
    <message>
        <source>Edit the saved prompts</source>
        <translation>Modifica i prompt salvati</translation>
    </message>
    <message>
        <source>Clear the states on disk</source>
        <translation>Elimina gli stati su disco</translation>
    </message>
    <message>
        <source>Nothing is lost: chats are read again when they go on.</source>
        <translation>Non si perde nulla: le chat vengono rilette quando continuano.</translation>
    </message>
</context>
<context>
    <name>ShortcutSheet</name>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Scorciatoie da tastiera</translation>
    </message>
    <message>
        <source>Send the message</source>
        <translation>Invia il messaggio</translation>
    </message>
    <message>
        <source>Enter</source>
        <translation>Invio</translation>
    </message>
    <message>
        <source>Break the line</source>
        <translation>Vai a capo</translation>
    </message>
    <message>
        <source>Shift Enter</source>
        <translation>Maiusc Invio</translation>
    </message>
    <message>
        <source>Choose several chats in the list</source>
        <translation>Scegli più chat nell&apos;elenco</translation>
    </message>
    <message>
        <source>Shift Up, Shift Down</source>
        <translation>Maiusc Su, Maiusc Giù</translation>
    </message>
    <message>
        <source>Fold or unfold a folder</source>
        <translation>Chiudi o apri una cartella</translation>
    </message>
    <message>
        <source>Left, Right</source>
        <translation>Sinistra, Destra</translation>
    </message>
    <message>
        <source>Move a folder</source>
        <translation>Sposta una cartella</translation>
    </message>
    <message>
        <source>Alt Up, Alt Down</source>
        <translation>Alt Su, Alt Giù</translation>
    </message>
    <message>
        <source>{action}, in the list</source>
        <translation>{action}, nell&apos;elenco</translation>
    </message>
</context>
<context>
    <name>Shortcuts</name>
    <message>
        <source>{keys} writes text: choose keys with Ctrl or Alt.</source>
        <translation>{keys} scrive testo: scegli tasti con Ctrl o Alt.</translation>
    </message>
    <message>
        <source>{keys} already does “{action}”: choose other keys.</source>
        <translation>{keys} fa già «{action}»: scegli altri tasti.</translation>
    </message>
</context>
<context>
    <name>Sidebar</name>
    <message>
        <source>Nothing found</source>
        <translation>Nessun risultato</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>Nuova chat</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Cerca</translation>
    </message>
    <message>
        <source>Search in all chats</source>
        <translation>Cerca in tutte le chat</translation>
    </message>
    <message>
        <source>Begin something else</source>
        <translation>Inizia altro</translation>
    </message>
    <message>
        <source>Offline. Nothing leaves this machine.</source>
        <translation>Offline. Nulla esce da questo computer.</translation>
    </message>
</context>
<context>
    <name>Sizes</name>
    <message>
        <source>{size} B</source>
        <translation>{size} B</translation>
    </message>
    <message>
        <source>{size} KiB</source>
        <translation>{size} KiB</translation>
    </message>
    <message>
        <source>{size} MiB</source>
        <translation>{size} MiB</translation>
    </message>
    <message>
        <source>{size} GiB</source>
        <translation>{size} GiB</translation>
    </message>
</context>
<context>
    <name>StatusLine</name>
    <message>
        <source>Status</source>
        <translation>Stato</translation>
    </message>
    <message>
        <source>Enter sends · Shift Enter breaks the line</source>
        <translation>Invio: invia · Maiusc Invio: a capo</translation>
    </message>
    <message>
        <source>Enter sends it next · Shift Enter breaks the line</source>
        <translation>Invio: mette in attesa · Maiusc Invio: a capo</translation>
    </message>
    <message>
        <source>Loading {name} … {percent} %</source>
        <translation>Caricamento di {name} … {percent}%</translation>
    </message>
    <message numerus="yes">
        <source>Reading {done} of %Ln token(s)</source>
        <translation>
            <numerusform>Lettura di {done} su %Ln token</numerusform>
            <numerusform>Lettura di {done} su %Ln token</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{used} of %Ln token(s)</source>
        <translation>
            <numerusform>{used} di %Ln token</numerusform>
            <numerusform>{used} di %Ln token</numerusform>
        </translation>
    </message>
    <message>
        <source>Thinking</source>
        <translation>Ragionamento in corso</translation>
    </message>
    <message>
        <source>Writing</source>
        <translation>Scrittura</translation>
    </message>
    <message>
        <source>Answering in “{title}”</source>
        <translation>Risposta in corso in «{title}»</translation>
    </message>
    <message>
        <source>{speed} tokens/s</source>
        <translation>{speed} token/s</translation>
    </message>
</context>
<context>
    <name>SummaryBranch</name>
    <message>
        <source>There is nothing to sum up yet.</source>
        <translation>Non c&apos;è ancora nulla da riassumere.</translation>
    </message>
    <message>
        <source>The model isn&apos;t ready yet. Try again in a moment.</source>
        <translation>Il modello non è ancora pronto. Riprova tra un momento.</translation>
    </message>
    <message>
        <source>A summary is being written. Stop it first.</source>
        <translation>È in corso un riassunto. Prima fermalo.</translation>
    </message>
    <message>
        <source>Summarize our conversation so far.</source>
        <translation>Riassumi la nostra conversazione fin qui.</translation>
    </message>
    <message>
        <source>The chat with the summary is ready.</source>
        <translation>La chat con il riassunto è pronta.</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Mostra</translation>
    </message>
</context>
<context>
    <name>SummaryCard</name>
    <message>
        <source>How much of the conversation was read</source>
        <translation>Quanta conversazione è stata letta</translation>
    </message>
    <message>
        <source>The summary so far</source>
        <translation>Il riassunto fin qui</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Ferma</translation>
    </message>
    <message>
        <source>Stop the summary</source>
        <translation>Ferma il riassunto</translation>
    </message>
    <message>
        <source>No chat is made, and nothing is changed.</source>
        <translation>Non si crea nessuna chat, e non cambia nulla.</translation>
    </message>
    <message>
        <source>Summing up “{title}” · {percent} % read</source>
        <translation>Riassunto di «{title}» · letto il {percent}%</translation>
    </message>
</context>
<context>
    <name>SwitchField</name>
    <message>
        <source>on</source>
        <translation>sì</translation>
    </message>
    <message>
        <source>off</source>
        <translation>no</translation>
    </message>
</context>
<context>
    <name>TableView</name>
    <message>
        <source>Table</source>
        <translation>Tabella</translation>
    </message>
</context>
<context>
    <name>TextField</name>
    <message>
        <source>empty</source>
        <translation>vuoto</translation>
    </message>
</context>
<context>
    <name>ThoughtView</name>
    <message>
        <source>Thinking</source>
        <translation>Ragionamento in corso</translation>
    </message>
    <message>
        <source>Thought</source>
        <translation>Ragionamento</translation>
    </message>
    <message>
        <source>Thought for {time}</source>
        <translation>Ha ragionato per {time}</translation>
    </message>
    <message numerus="yes">
        <source>%Ln word(s)</source>
        <translation>
            <numerusform>%Ln parola</numerusform>
            <numerusform>%Ln parole</numerusform>
        </translation>
    </message>
    <message>
        <source>Hide</source>
        <translation>Nascondi</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Mostra</translation>
    </message>
</context>
<context>
    <name>Transcript</name>
    <message>
        <source>Conversation</source>
        <translation>Conversazione</translation>
    </message>
    <message>
        <source>Jump to the end</source>
        <translation>Vai alla fine</translation>
    </message>
    <message numerus="yes">
        <source>Reading {done} of %Ln token(s)</source>
        <translation>
            <numerusform>Lettura di {done} su %Ln token</numerusform>
            <numerusform>Lettura di {done} su %Ln token</numerusform>
        </translation>
    </message>
    <message>
        <source>{speed} tokens/s</source>
        <translation>{speed} token/s</translation>
    </message>
    <message>
        <source>{time} left</source>
        <translation>{time} alla fine</translation>
    </message>
    <message>
        <source>Loading the model, {done} of {total} MiB</source>
        <translation>Caricamento del modello, {done} di {total} MiB</translation>
    </message>
</context>
<context>
    <name>Transfer</name>
    <message>
        <source>{path} couldn&apos;t be written: choose another format, or fewer chats.</source>
        <translation>Non è stato possibile scrivere {path}: scegli un altro formato, o meno chat.</translation>
    </message>
    <message>
        <source>Writing {name}</source>
        <translation>Scrittura di {name}</translation>
    </message>
    <message>
        <source>There are no chats to export yet.</source>
        <translation>Non ci sono ancora chat da esportare.</translation>
    </message>
    <message>
        <source>Import chats of Eremo, ChatGPT or Open WebUI</source>
        <translation>Importa chat di Eremo, ChatGPT o Open WebUI</translation>
    </message>
    <message>
        <source>Exported chats (*.json);;All files (*)</source>
        <translation>Chat esportate (*.json);;Tutti i file (*)</translation>
    </message>
    <message>
        <source>Importing {name}</source>
        <translation>Importazione di {name}</translation>
    </message>
    <message>
        <source>Chat</source>
        <translation>Chat</translation>
    </message>
    <message>
        <source>Chats</source>
        <translation>Chat</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Esporta</translation>
    </message>
    <message>
        <source>{path} is there already: choose another name.</source>
        <translation>{path} esiste già: scegli un altro nome.</translation>
    </message>
    <message>
        <source>Something went wrong inside Eremo. The log says more.</source>
        <translation>Qualcosa in Eremo non ha funzionato. Il registro dice di più.</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Annulla</translation>
    </message>
    <message>
        <source>Chats and files</source>
        <translation>Chat e file</translation>
    </message>
    <message>
        <source>{name} was written ({size}).</source>
        <translation>{name} è stato scritto ({size}).</translation>
    </message>
    <message>
        <source>Show the folder</source>
        <translation>Mostra la cartella</translation>
    </message>
    <message numerus="yes">
        <source>%Ln chats were imported.</source>
        <translation>
            <numerusform>È stata importata %Ln chat.</numerusform>
            <numerusform>Sono state importate %Ln chat.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>TurnsPlot</name>
    <message>
        <source>{reused} reused, {read} read, {written} written</source>
        <translation>{reused} riusati, {read} letti, {written} scritti</translation>
    </message>
    <message>
        <source>Tokens in context, turn by turn</source>
        <translation>Token nel contesto, turno per turno</translation>
    </message>
    <message>
        <source>The last turns, in tokens:</source>
        <translation>Gli ultimi turni, in token:</translation>
    </message>
</context>
<context>
    <name>UpdateCheck</name>
    <message>
        <source>Eremo {version} has been released.</source>
        <translation>È uscito Eremo {version}.</translation>
    </message>
    <message>
        <source>There is no newer Eremo.</source>
        <translation>Non c’è un Eremo più recente.</translation>
    </message>
    <message>
        <source>Open the download page</source>
        <translation>Apri la pagina di download</translation>
    </message>
</context>
<context>
    <name>UserMessage</name>
    <message>
        <source>Copy your message</source>
        <translation>Copia il tuo messaggio</translation>
    </message>
    <message>
        <source>You said</source>
        <translation>Hai scritto</translation>
    </message>
    <message>
        <source>Ask again</source>
        <translation>Chiedi di nuovo</translation>
    </message>
    <message>
        <source>Ask your message again</source>
        <translation>Invia di nuovo il tuo messaggio</translation>
    </message>
    <message>
        <source>Answer this message</source>
        <translation>Risponde a questo messaggio</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>Modifica</translation>
    </message>
    <message>
        <source>Edit your message</source>
        <translation>Modifica il tuo messaggio</translation>
    </message>
    <message>
        <source>Ask another version; this one and its answers are kept</source>
        <translation>Chiedi in un&apos;altra versione; questa e le sue risposte restano</translation>
    </message>
    <message>
        <source>Branch</source>
        <translation>Dirama</translation>
    </message>
    <message>
        <source>Branch into a new chat after your message</source>
        <translation>Dirama in una nuova chat dopo il tuo messaggio</translation>
    </message>
    <message>
        <source>Go on from here in a new chat</source>
        <translation>Continua da qui in una nuova chat</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Elimina</translation>
    </message>
    <message>
        <source>Delete your message</source>
        <translation>Elimina il tuo messaggio</translation>
    </message>
    <message>
        <source>Delete this message and what follows it</source>
        <translation>Elimina questo messaggio e ciò che lo segue</translation>
    </message>
    <message>
        <source>Your message, to be asked in another version</source>
        <translation>Il tuo messaggio, da inviare in un&apos;altra versione</translation>
    </message>
    <message>
        <source>Save and ask</source>
        <translation>Salva e chiedi</translation>
    </message>
</context>
<context>
    <name>WaitingLine</name>
    <message>
        <source>Waiting for the answer</source>
        <translation>In attesa della risposta</translation>
    </message>
</context>
<context>
    <name>_BugReporter</name>
    <message>
        <source>Something went wrong inside Eremo. The log says more.</source>
        <translation>Qualcosa in Eremo non ha funzionato. Il registro dice di più.</translation>
    </message>
</context>
</TS>

extension StopWords {
  /// The other languages; folded.
  static let others: [String: String] = [
    "ar":
      """
    اذا اريد اقل اكثر التي الذي الذين الي اليه ان انا انت او اي ايضا اين ايه بسبب بعد بعض به بها بين تكون تلك تم ثم حتي حول حيث \
    خلال ذلك شكرا ضد عدد علي عليه عليها عن عند عندما غير فضلك فقط في فيه فيها قبل قد كان كانت كل كم كما كيف لا لدي لقد لم لماذا لن \
    له لها لو ليس ما ماذا متي مثل مع من منذ منه منها نحن نعم هذا هذه هل هم هو هي و والتي والذي وقد وكان ولم وهو وهي يتم يكون يمكن \
    يمكنني
    """,
    "cs":
      """
    a aby ale ano byl byla byli bylo byt chci co dekuji do i ja jak jaka jake jaky jakych je jeho jeji jejich jen jeste jestli \
    jsou kde kdo kdy kdyz kolik ktera ktere kteri ktery kterych me mezi mi mohu moje mu muj muze my na nad ne nebo o od on ona oni \
    ono po pod pres pri pro proc prosim se si ta take te tech ten ti tim to toho ty u uz v ve velmi vy z za zda ze
    """,
    "da":
      """
    ad af alle alt anden at blev blive bliver da de dem den denne der deres det dette dig din disse dog du efter eller en end er \
    et findes for fra ham han hans har havde have hej hende hendes her hos hun hvad hvem hvilke hvilken hvis hvor hvordan hvorfor \
    hvornar i ikke ind ja jeg jer jo kan kunne man mange med meget men mig min mine mit mod nar ned nej noget nogle nu og ogsa om \
    op os over pa sadan selv sig sin sine sit skal skulle som tak thi til ud under vaere vaeret var vi vil ville vor
    """,
    "el":
      """
    αλλα αλλο αν απο αυτα αυτεσ αυτη αυτο αυτοι αυτοσ για γιατι δε δεν εαν εγω ειμαι ειναι εισαι ειχαν ειχε εκεινο εμεισ ενα ενασ \
    εσυ ευχαριστω εχει εχουν εχω η ηταν θα θελω καθε και κατα κατω μασ με μετα μεταξυ μη μην μια μου μπορει μπορω να ναι ο οι ολα \
    ομωσ οπου οπωσ οταν οτι οχι πανω παρακαλω πιο ποια ποιεσ ποιο ποιοι ποιον ποιοσ ποιουσ ποιων πολυ ποσα ποσεσ ποση ποσο ποσοι \
    ποτε που πριν προσ πωσ σασ σε σου στα στη στην στισ στο στον στουσ τα την τησ τι τισ το τον του τουσ των ωσ
    """,
    "fa":
      """
    از است اما ان انها او ايا اين اگر با بايد بر براي به بود بودند تا تو خود در ديگر را شد شده شما كجا كدام كه كي لطفا ما ممنون من \
    مي نمي نيز ها هاي هر هست هستند هم همه و يا يك پس چرا چطور چند چه چي چگونه
    """,
    "fi":
      """
    ei eivat emme en et etta ette haluan han haneen hanella hanelle hanelta hanen hanessa hanesta hanet hanta he hei heidan heidat \
    heihin heilla heille heilta heissa heista heita itse ja johon joiden joihin joiksi joilla joille joilta joina joissa joista \
    joita joka joksi jolla jolle jolta jona jonka jos jossa josta jota jotka kanssa keiden keihin keiksi keilla keille keilta \
    keina keissa keista keita keneen keneksi kenella kenelle kenelta kenen kenena kenessa kenesta kenet keta ketka kiitos koska \
    kuin kuinka kuka kun kylla me meidan meidat meihin meilla meille meilta meissa meista meita mihin mika miksi milla mille \
    milloin milta mina minka minua minulla minulle minulta minun minussa minusta minut minuun missa mista mita miten mitka mukaan \
    mutta naiden naihin naiksi nailla naille nailta naina naissa naista naita nama ne niiden niihin niiksi niilla niille niilta \
    niin niina niissa niista niita noiden noihin noiksi noilla noille noilta noin noina noissa noista noita nuo nyt ole olemme \
    olen olet olette oli olimme olin olisi olisimme olisin olisit olisitte olisivat olit olitte olivat olla olleet ollut on ovat \
    poikki se seka sen siihen siina siita siksi silla sille silta sina sinua sinulla sinulle sinulta sinun sinussa sinusta sinut \
    sinuun sita tahan tai taksi talla talle talta tama taman tana tassa tasta tata te teidan teidat teihin teilla teille teilta \
    teissa teista teita tuo tuohon tuoksi tuolla tuolle tuolta tuon tuona tuossa tuosta tuota vaan vai vaikka voiko voin yli
    """,
    "he":
      """
    אבל או אחרי איזה איזו איך אילו אין איפה אל אם אנחנו אני אשר את אתה אתם בין גם האם הוא היא היה היו הייתה הם הן זאת זה זו יותר \
    יש כי כל כמה כן לא למה לפני מאוד מה מי מן מתי על עם רק של
    """,
    "hi":
      """
    अगर अपना अपनी अपने आप आपका इन इस इसकी इसके इसे उन उस उसकी उसके उसे एक और कब कर करता करते करना करने कहाँ कहां का कि किए कितना \
    कितनी कितने किया किस किसका किसकी किसके किसने किसी की कुछ कृपया के कैसे को कोई कौन क्या क्यों गई गए गया चाहिए जब जा जाता जाती \
    जाते जिस जिसके जिसे जो तक तब तुम तो था थी थे द्वारा धन्यवाद न नहीं ने पर बहुत बाद बारे भी में मेरा मेरी मेरे मैं यह या ये रहा \
    रही रहे लिए लेकिन वह वाला वाली वाले वे सकता सकती सकते सभी साथ से हम हमारा हाँ ही हुआ हुई हुए है हैं हो होता होती होते
    """,
    "hu":
      """
    a abban ahhoz ahogy ahol aki akik akkor alatt altal altalaban amely amelyek amelyekben amelyeket amelyet amelynek ami amig \
    amikor amit amolyan annak arra arrol at az azert azok azon azonban azt aztan azutan azzal bar be belul benne cikk cikkek \
    cikkeket csak de e ebben eddig egesz egy egyeb egyes egyetlen egyik egyre ehhez ekkor el eleg ellen elo eloszor elott elso \
    emilyen en ennek eppen erre es ez ezek ezen ezert ezt ezzel fel fele hanem hany hiszen hogy hogyan hol igen igy ill ill. \
    illetve ilyen ilyenkor ismet ison itt jo jobban jol kell kellett kerem keressunk keresztul ki kivul koszonom kozott kozul \
    legalabb legyen lehet lehetett lenne lenni lesz lett maga magat majd mar mas masik meg mellett mely melyek melyik mennyi mert \
    mi miert mig mikor milyen minden mindenki mindent mindig mint mintha mit mivel most nagy nagyobb nagyon ne neha nehany nekem \
    neki nelkul nem nincs o ok oket olyan ossze ott pedig persze ra s sajat sem semmi sok sokat sokkal szamara szemben szerint \
    szia szinte talan tehat teljes tobb tovabb tovabba ugy ugyanis uj ujabb ujra utan utana utolso vagy vagyis vagyok valaki \
    valami valamint valo van vannak vele vissza viszont volna volt voltak voltam voltunk
    """,
    "id":
      """
    ada adalah akan anda antara apa atau bagaimana berapa bisa bukan dalam dan dapat dari dengan di dia harus ingin ini itu jika \
    juga kalau kami kamu kapan karena kasih ke kita lebih mana mau mengapa mereka namun oleh pada para saja sangat saya sebagai \
    sebelum sedang seperti setelah siapa sudah telah terima tetapi tidak tolong untuk ya yang
    """,
    "no":
      """
    a alle at av bade bae bare begge ble blei bli blir blitt da de deg dei deim deira deires dem den denne der dere deres det \
    dette di din disse ditt du dykk dykkar eg ein eit eitt eller elles en enn er et ett etter finnes for fordi fra ha hadde han \
    hans har hei hennar henne hennes her hja ho hoe honom hoss hossen hun hva hvem hver hvilke hvilken hvis hvor hvordan hvorfor i \
    ikke ikkje ingen ingi inkje inn inni ja jeg kan kom korleis korso kun kunne kva kvar kvarhelst kven kvi kvifor man mange me \
    med medan meg meget mellom men mi min mine mitt mot mykje na nar ned nei no noe noen noka noko nokon nokor nokre og ogsa om \
    opp oss over pa sa samme sann seg selv si sia sidan siden sin sine sitt sjol skal skulle slik so som somme somt takk til um \
    upp ut uten vaere vaert var vart varte ved vere verte vi vil ville vore vors vort
    """,
    "pl":
      """
    a aby albo ale bardzo byc byl byla byli bylo chce ci cie co czy dla dlaczego do dziekuje gdy gdzie i ich ile ja jak jaka jaki \
    jakich jakie jego jej jesli jest jeszcze juz kiedy kto ktora ktore ktory ktorych ktorzy lub mi miedzy mnie moge moj moja moje \
    moze mozna mu my na nad nie o od on ona oni ono oraz po pod prosze przez przy sa sie ta tak takze te tego tej ten to ty tych \
    tylko tym u w wy z za ze
    """,
    "ru":
      """
    а без более больше будет будто бы был была были было быть в вам вас вдруг ведь во вот впрочем все всегда всего всех всю вы где \
    года году да даже два для до другои его ее еи ему если есть еще ж же за зачем здесь и из или им иногда их к как какая какие \
    каких какого какои каком кем когда кому конечно которая которого которои которые которыи которых кто куда ли лучше между меня \
    мне много могу может можно мои моя мы на над надо наконец нас не него нее неи нельзя нет ни нибудь никогда ним них ничего но \
    ну о об один около он она они опять от перед по под пожалуиста после потом потому почему почти при привет про раз разве с сам \
    свою себе себя сеичас сколько со совсем спасибо так такои там тебя тем теперь то тогда того тоже только том тот три тут ты у \
    уж уже хорошо хоть хочу чего чем через что чтоб чтобы чуть эта эти это этого этои этом этот эту я является
    """,
    "sv":
      """
    alla allt an ar at att av blev bli blir blivit da dar de dem den denna deras dess dessa det detta dig din dina ditt du efter \
    ej eller en er era ert ett finns for fran ha hade han hans har hej henne hennes hon honom hur i icke ingen inom inte ja jag ju \
    kan kunde man manga med mellan men mig min mina mitt mot mycket nagon nagot nagra nar nej ni nu och om oss over pa sa sadan \
    sadana sadant samma sedan sig sin sina sitta sjalv ska skulle som tack till under upp ut utan vad var vara varfor varit varje \
    vars vart vem vi vid vilka vilkas vilken vilket vill
    """,
    "tr":
      """
    acaba ama ancak aslinda az bana bazi belki ben beni bir biri birkac birsey biz bu bunu cok cunku da daha de defa degil diye \
    eger en evet gibi gore hangi hangisi hayir hem hep hepsi her hic icin ile ise kac kadar kez ki kim kime kimin kimler lutfen \
    merhaba mi midir mu nasil ne neden nedir neler nelerdir nerde nerede nereye nicin niye o olan olarak oldu oldugu oldugunu \
    olmasi once sana sanki sen sey siz sonra su sunu tarafindan tesekkurler tum var ve veya ya yani yok neydi \
    kimdi kimdir kimlerdir nin nun kendi kendisi kendileri kendilerinin itibaren itibariyle hakkinda olmustur vardi yoktu idi
    """,
    "uk":
      """
    або але був була були було бути в вже ви вона вони воно від він де для до дуже дякую з за иого коли мене мені ми може можна \
    можу моя між міи на над не о по при під скільки та так також ти того тільки тієі у хочу хто це цеи цих ця ці через чи чому ще \
    що я як яка яке якии яких якщо які є і із іх іі
    """,
    "vi":
      """
    a ai anh ay ba ban bang bao bi boi cac cai cam can chi chiec cho chua chung co con cua cung da dang dau day de den deu do duoc \
    duoi em gi giua hay ho hoac hon khi khong kia la lai long ma may minh moi mot muon nao nay neu ngoai nhat nhieu nhu nhung no o \
    on ong phai ra rat roi sao sau se su ta tai the theo thi toi tren trong truoc tu va vang vao ve vi viec voi vui xin
    """,
  ]
}
